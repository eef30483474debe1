"""recommend: what may be asked for, and what is printed of what came of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamaudit.cli.options import as_of_option, gap_option, json_option, lake_option, window_option
from iamaudit.cli.output import clock, complain, emit, engine, note_missing_state, progress, show
from iamaudit.errors import InputError
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamaudit.recommend.choices import Choices
    from iamaudit.stages.outcome import Recommendation

_PLAIN = {"nothing_to_do", "protected", "split", "moved"}  # refusals that ask for nothing


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that say how proposals are made; None where the settings or the defaults decide."""

    level: str | None
    form: str | None
    attachments: int | None
    condition_days: int | None
    formats: str | None
    drop_unknown: bool
    wildcards: bool
    mine_groups: bool

    @property
    def is_scp(self) -> bool:
        """Whether policies for whole accounts are asked for."""
        return self.form == "scp"

    def check(self, principals: Sequence[str]) -> None:
        """Raise InputError for options that mean nothing together."""
        from iamaudit.cli.scp import check_scp_options

        if self.is_scp:
            check_scp_options(self.level, principals, drop_unknown=self.drop_unknown)
        if self.mine_groups and self.form in {"scp", "boundary"}:
            raise InputError(f"`--as {self.form}` moves nobody: leave out `--mine-groups`")

    def choices(self, settings: Choices) -> Choices:
        """Return *settings* with what was asked for here."""
        return replace(
            settings,
            keep_unknown=settings.keep_unknown and not self.drop_unknown,
            level=self.level or settings.level,
            form=settings.form if self.is_scp or self.form is None else self.form,
            wildcards=settings.wildcards or self.wildcards,
            mine_groups=settings.mine_groups or self.mine_groups,
            attachments=self.attachments or settings.attachments,
            condition_days=self.condition_days or settings.condition_days,
            formats=settings.formats
            if self.formats is None
            else tuple(word.strip() for word in self.formats.split(",")),
        )


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
    principals: tuple[str, ...],
    config: Path | None,
    grace_days: int | None,
    *,
    window_days: int | None,
    tolerated_gap_days: int | None,
    afresh: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write a smaller policy for each principal, with the proof that it breaks nothing."""
    from iamaudit.stages.memory import Memory
    from iamaudit.stages.outcome import exit_code
    from iamaudit.stages.places import find_lake
    from iamaudit.stages.recommend import recommend as run
    from iamaudit.stages.retire import retire_plan, write_retire_plan

    asked = _Asked(**options)
    asked.check(principals)
    settings, grace = _settings(config)
    choices = asked.choices(settings)
    windows = {"window_days": window_days, "tolerated_gap_days": tolerated_gap_days}
    with (
        engine(lake_path, as_of, **windows, grace_days=grace if grace_days is None else grace_days) as found,
        progress(quiet=as_json) as step,
    ):
        note_missing_state(found)
        expired = [one.ended() for one in choices.expired(clock(as_of).date())]
        if asked.is_scp:
            from iamaudit.cli.scp import write_scps

            complain(expired)
            sys.exit(write_scps(found, out, choices, asked.level, step, as_json=as_json))
        memory = None if afresh else Memory(find_lake(lake_path), found, choices)
        results = run(found, out, choices=choices, only=frozenset(principals), progress=step, memory=memory)
        if not principals:
            write_retire_plan(retire_plan(found, choices), out)
    if as_json:
        _emit(results)
    else:
        _show(results, None if principals else out / "retire.md")
    complain(expired)
    sys.exit(exit_code(results))


def _settings(config: Path | None) -> tuple[Choices, int | None]:
    """Return the choices of an iamaudit.toml and its days of grace, or the defaults."""
    from iamaudit.config import read_choices
    from iamaudit.recommend.choices import Choices

    if config is None:
        return Choices(), None
    choices, settings = read_choices(config)
    return choices, settings.grace_days


def _emit(results: Sequence[Recommendation]) -> None:
    for result in results:
        emit(result.as_json())
    refused = (result for result in results if result.refused and result.refused_kind not in _PLAIN)
    complain(f"no bundle for {result.principal}: {result.refused}" for result in refused)


def _show(results: Sequence[Recommendation], retire_plan: Path | None) -> None:
    from iamaudit.report.terminal import recommendations_table

    show(recommendations_table([result.summary for result in results]))
    if retire_plan is not None:
        click.echo(f"The plan for idle credentials is {retire_plan}")
