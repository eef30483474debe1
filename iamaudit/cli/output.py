"""What the verbs share: opening a lake, progress, reading files, printing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from iamaudit.errors import InputError
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from datetime import datetime

    from iamaudit.config import Settings
    from iamaudit.engine.duck import Engine
    from iamaudit.ports import Progress

DRAWN: Final = 1_000  # rows of a table that is drawn to fit the screen; more are printed as they come


def clock(as_of: str | None) -> datetime:
    """Return the instant of `--as-of`, or the clock's."""
    from datetime import UTC, datetime

    from iamaudit.stages.instants import moment

    return moment(as_of, now=datetime.now(UTC))


@contextmanager
def engine(path: Place, as_of: str | None, **changed: int | None) -> Iterator[Engine]:
    """Open the lake at *path* with the settings given; the roll-ups are brought up to date first."""
    from iamaudit.stages.places import find_lake
    from iamaudit.stages.usage import update_usage
    from iamaudit.stages.workbench import engine_on

    lake = find_lake(path)
    with progress(quiet=False) as step:
        update_usage(lake, progress=step)
    with engine_on(lake, settings_of(changed), clock(as_of)) as found:
        yield found


def settings_of(changed: Mapping[str, int | None]) -> Settings:
    """Return the default settings with those that the user gave."""
    from iamaudit.config import Settings

    return Settings(**{name: value for name, value in changed.items() if value is not None})  # type: ignore[arg-type]  # ints by name


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress | None]:
    """Show a progress bar on standard error while somebody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def step(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield step


def inputs(files: tuple[str, ...]) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each file; `-` or nothing is standard input."""
    for name in files or ("-",):
        if name == "-":
            yield sys.stdin.buffer.read(), "standard input"
            continue
        try:
            yield Path(name).read_bytes(), name
        except OSError as error:
            raise InputError(f"cannot read `{name}`: {error.strerror}; give a file, or - for standard input") from error


def complain(sentences: Iterable[str]) -> None:
    """Print sentences on standard error, each on one line whatever names it quotes."""
    from iamaudit.report.visible import one_line

    for sentence in sentences:
        click.echo(f"iamaudit: {one_line(sentence)}", err=True)


def emit(value: object) -> None:
    """Print one JSON line; what the output's encoding cannot say is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, default=str)
    sys.stdout.write(text + "\n")  # without a flush: there may be millions


def print_line(text: str) -> None:
    """Print one of many lines; what the output's encoding cannot say is escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def table(*columns: str, rows: Iterable[tuple[str, ...]]) -> Any:
    """Return a plain table; control characters in values are made visible."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from iamaudit.report.visible import one_line

    made = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        made.add_row(*(Text(one_line(cell)) for cell in row))
    return made


def note_missing_state(found: Engine) -> None:
    """Say on standard error when the lake has logs only: then there is nothing to judge grants and credentials by."""
    if found.table("stg_principals").num_rows == 0:
        click.echo(
            "iamaudit: no account state in this lake, so nothing is known of grants and credentials: run "
            "`iamaudit collect --lake LAKE`",
            err=True,
        )


def print_rows(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print rows as JSON lines or as a table of some columns; many rows are printed as they come, none kept."""
    if as_json:
        for row in rows:
            emit(dict(row))
        return
    cells = (tuple("" if row[name] is None else str(row[name]) for name in columns) for row in rows)
    first = list(islice(cells, DRAWN + 1))
    if len(first) <= DRAWN:
        show(table(*columns, rows=first))
    else:
        _print_plainly(columns, first, cells)


def _print_plainly(columns: tuple[str, ...], first: list[tuple[str, ...]], rest: Iterable[tuple[str, ...]]) -> None:
    """Print a table without folding anything: drawing it takes a thousandth of a second a row, and there are many.

    The columns are as wide as the *first* rows want them; a longer value later moves what stands behind it.
    """
    from iamaudit.report.visible import one_line

    widths = [max(map(len, column)) for column in zip(columns, *first, strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        texts = (one_line(cell).ljust(width) for cell, width in zip(cells, widths, strict=True))
        return ("  " + "   ".join(texts)).rstrip()

    print_line(line(columns))
    print_line("  " + "   ".join("-" * width for width in widths))
    for cells in chain(first, rest):
        print_line(line(cells))


def show(renderable: Any) -> None:
    """Print a rich renderable; wide when standard output is a file."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 240).print(renderable)
