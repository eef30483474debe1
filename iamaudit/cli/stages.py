"""The verbs of the stages: usage, grants, audit, recommend, report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamaudit.cli.options import SEVERITIES, as_of_option, gap_option, json_option, lake_option, window_option
from iamaudit.cli.output import clock, complain, emit, engine, note_missing_state, print_rows, progress, show
from iamaudit.errors import InputError
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@click.command()
@lake_option
@as_of_option
@window_option
@click.option("--principal", help="Only this principal's ARN.")
@click.option(
    "--by",
    type=click.Choice(["principal", "actor"]),
    default="principal",
    show_default=True,
    help="Whose use: the principal's as a whole, or that of each person and workload behind it.",
)
@json_option
def usage(
    lake_path: Place, as_of: str | None, window_days: int | None, principal: str | None, by: str, *, as_json: bool
) -> None:
    """Print who used which action on which resource, how often and when."""
    from iamaudit.stages.grants import actor_rows, usage_rows

    who = ("actor_kind", "actor", "assumed_by") if by == "actor" else ()
    with engine(lake_path, as_of, window_days=window_days) as found:
        every = actor_rows(found) if by == "actor" else usage_rows(found)
        rows = (row for row in every if principal in {None, row["principal"]})
        sure = () if by == "actor" else ("confidence",)
        columns = ("principal", *who, "action", "resource", "outcome", *sure, "count", "last_seen")
        print_rows(_of(principal, rows), columns, as_json=as_json)


@click.command()
@lake_option
@as_of_option
@window_option
@gap_option
@click.option("--principal", help="Only this principal's ARN.")
@click.option("--state", type=click.Choice(["used", "unused", "unknown", "used_not_granted"]), help="Only this state.")
@json_option
def grants(
    lake_path: Place,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    principal: str | None,
    state: str | None,
    *,
    as_json: bool,
) -> None:
    """Print what each principal may do: used, unused, unknown, or used but not granted."""
    from iamaudit.stages.grants import grant_rows

    with engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found:
        note_missing_state(found)
        rows = (
            row for row in grant_rows(found) if principal in {None, row["principal"]} and state in {None, row["state"]}
        )
        columns = ("principal", "action", "state", "count", "last_seen", "reason")
        print_rows(_of(principal, rows), columns, as_json=as_json)


def _of(principal: str | None, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield *rows*; say so when a principal that was asked for has none, since the name may be misspelt."""
    nobody = True
    for row in rows:
        nobody = False
        yield row
    if nobody and principal is not None:
        complain(
            [
                f"nothing for `{principal}`: give the ARN of a user or role; `iamaudit query --lake LAKE 'from stg_principals'` has all"
            ]
        )


@click.command()
@lake_option
@as_of_option
@window_option
@gap_option
@click.option("--check", "only", multiple=True, help="Only this check; may be given several times.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit with 1 when there is a finding of this severity or worse."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print them.",
)
@json_option
def audit(
    lake_path: Place,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    only: tuple[str, ...],
    fail_on: str | None,
    style: str,
    *,
    as_json: bool,
) -> None:
    """Print the findings: idle credentials, unused permissions, root use and more."""
    from iamaudit.report.machine import findings_csv, findings_json
    from iamaudit.stages.audit import audit as run
    from iamaudit.stages.audit import checks

    with engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found:
        known = {model.name for model in checks(found)}
        if unknown := sorted(set(only) - known):
            raise InputError(f"there is no check `{unknown[0]}`: known are {', '.join(sorted(known))}")
        note_missing_state(found)
        findings = run(found, only=frozenset(only))
    if as_json or style == "json":
        click.echo(findings_json(findings), nl=False)
    elif style == "csv":
        click.echo(findings_csv(findings), nl=False)
    else:
        from iamaudit.report.terminal import findings_table

        show(findings_table(findings))
    if fail_on is not None and any(SEVERITIES.index(f.severity) <= SEVERITIES.index(fail_on) for f in findings):
        sys.exit(1)


@click.command()
@lake_option
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the bundles.")
@as_of_option
@window_option
@gap_option
@click.option("--principal", "principals", multiple=True, help="Only this principal's ARN; may be given several times.")
@click.option(
    "--drop-unknown", is_flag=True, help="Leave out what the logs could not have shown, instead of keeping it."
)
@click.option(
    "--level",
    type=click.Choice(["service", "action", "resource", "condition"]),
    help="How far to go: services, actions or resources that were used, or also conditions that held for all use."
    "  [default: resource]",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["policies", "boundary", "scp"]),
    help="Smaller policies, one permissions boundary around today's, or a service control policy for each unit and account "
    "of the organisation.  [default: policies]",
)
@click.option(
    "--wildcards", is_flag=True, help="Write actions with wildcards that name exactly them: fewer characters."
)
@click.option(
    "--mine-groups",
    is_flag=True,
    help="Move users whose own policies a group can stand for: into one that exists, or several into a new one.",
)
@click.option(
    "--attachments",
    type=click.IntRange(1, 20),
    help="Managed policies that AWS lets one user or role have.  [default: 10]",
)
@click.option(
    "--condition-days",
    type=click.IntRange(1),
    help="Days for which a condition must have held to be offered.  [default: 60]",
)
@click.option(
    "--grace-days", type=click.IntRange(0), help="Days for which a new grant is kept without use.  [default: 14]"
)
@click.option(
    "--afresh", is_flag=True, help="Work out everybody, also those whose evidence is unchanged, and remember nothing."
)
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    help="Of json, terraform, cloudformation and cli, parted by commas.  [default: all]",
)
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    help="An iamaudit.toml whose [recommend] and [[exclude]] hold here too; it needs no `lake`.",
)
@json_option
def recommend(
    lake_path: Place,
    out: Path,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    principals: tuple[str, ...],
    level: str | None,
    form: str | None,
    attachments: int | None,
    condition_days: int | None,
    grace_days: int | None,
    formats: str | None,
    config: Path | None,
    *,
    drop_unknown: bool,
    wildcards: bool,
    mine_groups: bool,
    afresh: bool,
    as_json: bool,
) -> None:
    """Write a smaller policy for each principal, with the proof that it breaks nothing."""
    from iamaudit.cli.scp import check_scp_options, write_scps
    from iamaudit.config import read_choices
    from iamaudit.recommend.choices import Choices
    from iamaudit.stages.memory import Memory
    from iamaudit.stages.outcome import exit_code
    from iamaudit.stages.places import find_lake
    from iamaudit.stages.recommend import recommend as run
    from iamaudit.stages.retire import retire_plan, write_retire_plan

    is_scp = form == "scp"
    if is_scp:
        check_scp_options(level, principals, drop_unknown=drop_unknown)
    if mine_groups and form in {"scp", "boundary"}:
        raise InputError(f"`--as {form}` moves nobody: leave out `--mine-groups`")
    choices = Choices()
    if config is not None:
        choices, settings = read_choices(config)
        grace_days = settings.grace_days if grace_days is None else grace_days
    choices = replace(
        choices,
        keep_unknown=choices.keep_unknown and not drop_unknown,
        level=level or choices.level,
        form=choices.form if is_scp or form is None else form,
        wildcards=choices.wildcards or wildcards,
        mine_groups=choices.mine_groups or mine_groups,
        attachments=attachments or choices.attachments,
        condition_days=condition_days or choices.condition_days,
        formats=choices.formats if formats is None else tuple(word.strip() for word in formats.split(",")),
    )
    with (
        engine(
            lake_path,
            as_of,
            window_days=window_days,
            tolerated_gap_days=tolerated_gap_days,
            grace_days=grace_days,
        ) as found,
        progress(quiet=as_json) as step,
    ):
        note_missing_state(found)
        expired = choices.expired(clock(as_of).date())
        if is_scp:
            complain(one.ended() for one in expired)
            sys.exit(write_scps(found, out, choices, level, step, as_json=as_json))
        memory = None if afresh else Memory(find_lake(lake_path), found, choices)
        results = run(found, out, choices=choices, only=frozenset(principals), progress=step, memory=memory)
        if not principals:
            write_retire_plan(retire_plan(found, choices), out)
    if as_json:
        for result in results:
            emit(result.as_json())
    else:
        from iamaudit.report.terminal import recommendations_table

        show(recommendations_table([result.summary for result in results]))
        if not principals:
            click.echo(f"The plan for idle credentials is {out / 'retire.md'}")
    complain(one.ended() for one in expired)
    if as_json:  # the table has them already
        refused = [
            result
            for result in results
            if result.refused and result.refused_kind not in {"nothing_to_do", "protected", "split", "moved"}
        ]
        complain(f"no bundle for {result.principal}: {result.refused}" for result in refused)
    sys.exit(exit_code(results))


@click.command()
@lake_option
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.html, report.md and findings.json.",
)
@click.option("--bundles", type=click.Path(path_type=Path), help="Where the bundles go.  [default: OUT/bundles]")
@as_of_option
@window_option
@gap_option
@json_option
def report(
    lake_path: Place,
    out: Path,
    bundles: Path | None,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    *,
    as_json: bool,
) -> None:
    """Write the report: one HTML page, Markdown and JSON."""
    from iamaudit.stages.audit import audit as run_audit
    from iamaudit.stages.recommend import recommend as run_recommend
    from iamaudit.stages.report import write_report

    with (
        engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found,
        progress(quiet=as_json) as step,
    ):
        results = run_recommend(found, bundles or out / "bundles", progress=step)
        written = write_report(found, out, findings=run_audit(found), recommendations=results)
    emit({name: str(path) for name, path in written.items()}) if as_json else click.echo(
        f"The report is {written['html']}"
    )
