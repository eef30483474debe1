"""The verbs that look after the lake: its books, what is wrong with it, fewer files, and what may go."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from iamaudit.cli.options import as_of_option, json_option, lake_option
from iamaudit.cli.output import clock, complain, emit, progress, show, table
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from iamaudit.lake.check import CheckResult

_SHOWN = 20  # lines of one sort, before the rest is a number
_NIGHTS = 14


@click.group()
def lake() -> None:
    """Look after the lake."""


@lake.command()
@lake_option
@as_of_option
@json_option
def status(lake_path: Place, as_of: str | None, *, as_json: bool) -> None:
    """Print the books of everything ever ingested and collected, by night and in total."""
    from iamaudit.stages.places import find_lake
    from iamaudit.stages.status import lake_status

    answer = lake_status(find_lake(lake_path), now=clock(as_of))
    if as_json:
        emit(answer)
        return
    nights: dict[str, Any] = answer.pop("nights")  # type: ignore[assignment]  # one value per night
    show(table("what", "value", rows=[(name.replace("_", " "), _cell(value)) for name, value in answer.items()]))
    columns = ("night", "batches", "objects", "records in", "kept", "ignored", "set aside")
    show(table(*columns, rows=[_night(name, books) for name, books in list(nights.items())[-_NIGHTS:]]))
    if len(nights) > _NIGHTS:
        click.echo(f"and {len(nights) - _NIGHTS} nights before: see --json")


@lake.command()
@lake_option
@click.option("--fast", is_flag=True, help="Believe hashes and footers: files are there and of the right size.")
@json_option
def check(lake_path: Place, *, fast: bool, as_json: bool) -> None:
    """Re-read everything and say what is wrong and how to mend it; exit 3 when a promise is broken."""
    from iamaudit.lake.check import check as run
    from iamaudit.stages.places import find_lake

    with progress(quiet=as_json) as step:
        result = run(find_lake(lake_path), fast=fast, progress=step)
    if as_json:
        emit(result.as_json())
    else:
        _show_check(result)
    if not result.is_whole:
        sys.exit(3)


@lake.command()
@lake_option
@click.option("--before", metavar="DAY", help="Rewrite the days before this one, like 2026-11-01.")
@click.option(
    "--older-than",
    "older_than_days",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Days that must have passed since, when no --before is given: late records still come for younger ones.",
)
@click.option(
    "--more-than",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Leave days alone that have no more than so many new files.",
)
@as_of_option
@json_option
def compact(
    lake_path: Place, before: str | None, older_than_days: int, more_than: int, as_of: str | None, *, as_json: bool
) -> None:
    """Rewrite closed days into few sorted files; no answer changes."""
    from datetime import timedelta

    from iamaudit.stages.compact import compact as run
    from iamaudit.stages.places import find_lake

    end = clock(before) if before else clock(as_of) - timedelta(days=older_than_days)
    found = find_lake(lake_path)
    with progress(quiet=as_json) as step:
        days = run(found, before=end.date().isoformat(), more_than=more_than, progress=step)
    if as_json:
        emit({"before": end.date().isoformat(), "days": [day.as_json() for day in days]})
        return
    if not days:
        click.echo(f"no day before {end.date()} has more than {more_than} new files: nothing to rewrite")
        return
    columns = ("table", "day", "rows", "files", "megabytes")
    rows = [
        (
            day.table,
            day.dt,
            f"{day.rows:,}",
            f"{day.files_before} → {day.files_after}",
            f"{day.bytes_before / 1e6:.1f} → {day.bytes_after / 1e6:.1f}",
        )
        for day in days
    ]
    show(table(*columns, rows=rows))
    click.echo(f"the old files stay until they are old: `iamaudit lake sweep --lake {lake_path}`")


@lake.command()
@lake_option
@click.option(
    "--older-than",
    "older_than_days",
    type=float,
    default=7,
    show_default=True,
    help="Days a file, and what took its place, must have stood.",
)
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would go.")
@json_option
def sweep(lake_path: Place, older_than_days: float, *, yes: bool, as_json: bool) -> None:
    """Delete what no answer depends on: orphans, half-written and replaced files, once they are old."""
    from iamaudit.lake.sweep import sweep as run
    from iamaudit.stages.places import find_lake

    with progress(quiet=as_json) as step:
        result = run(find_lake(lake_path), older_than_days=older_than_days, yes=yes, progress=step)
    if as_json:
        emit(result.as_json())
        return
    for entry in result.taken[:_SHOWN]:
        click.echo(f"{entry.why:<13} {entry.key}")
    if len(result.taken) > _SHOWN:
        click.echo(f"and {len(result.taken) - _SHOWN} more: see --json")
    did = "deleted" if yes else "would delete (say --yes)"
    click.echo(f"{did} {len(result.taken)} files, {result.bytes / 1e6:.1f} MB; {result.too_young} are too young")


def _show_check(result: CheckResult) -> None:
    counts = result.counts
    click.echo(
        f"read {counts['manifests']:,} manifests, {counts['objects']:,} objects in the books, "
        f"{counts['parts']:,} parts with {counts['rows']:,} rows, {counts['bytes'] / 1e6:.1f} MB"
    )
    shown: Counter[tuple[str, str]] = Counter()
    for problem in sorted(result.problems, key=lambda entry: entry.severity):
        shown[problem.severity, problem.remedy] += 1
        if shown[problem.severity, problem.remedy] <= _SHOWN:
            complain([f"{problem.severity}: `{problem.where}`: {problem.what}; {problem.remedy}"])
    more = sum(count - _SHOWN for count in shown.values() if count > _SHOWN)
    if more:
        complain([f"and {more} more of the same sort: see --json"])
    click.echo("the lake is whole" if result.is_whole else "the lake is damaged: mend it before you trust an answer")


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(count)}" for name, count in value.items() if count not in ({}, 0)) or "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "; ".join(_cell(entry) for entry in value) or "none"
    return "none" if value is None else str(value)


def _night(name: str, books: dict[str, Any]) -> tuple[str, ...]:
    records = books["records"]
    counts = (
        books["batches"],
        sum(books["objects"].values()),
        records["in"],
        records["kept"],
        sum(records["ignored"].values()),
        sum(records["set_aside"].values()),
    )
    return name, *(f"{count:,}" for count in counts)
