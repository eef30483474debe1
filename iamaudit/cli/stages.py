"""The verbs of the stages: usage, grants, audit, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamaudit.cli.options import SEVERITIES, as_of_option, gap_option, json_option, lake_option, window_option
from iamaudit.cli.output import complain, emit, engine, note_missing_state, print_rows, progress, show
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
        rows = (row for row in grant_rows(found, principal) if state in {None, row["state"]})
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
