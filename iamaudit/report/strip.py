"""A window drawn as a strip: which days the logs can speak for, and where the gaps lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from iamaudit.report.content import Coverage

_KINDS = {"c": "covered", "g": "gap"}  # a quiet day is drawn like one of which nothing is known


@dataclass(frozen=True, slots=True)
class Gap:
    """Days without logs that follow one another: `start` counts days from the window's first, `text` is for people."""

    start: int
    days: int
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """Days of one kind (`covered`, `gap`) that follow one another."""

    start: int
    days: int
    kind: str


def runs(days: str) -> tuple[Run, ...]:
    """Return what to draw of a region's days, given as letters."""
    found: list[Run] = []
    start = 0
    for letter, group in groupby(days):
        length = len(list(group))
        if letter in _KINDS:
            found.append(Run(start, length, _KINDS[letter]))
        start += length
    return tuple(found)


def gaps(coverage: Coverage, window_start: str) -> tuple[Gap, ...] | None:
    """Return the runs of gap days, or None when the days that are given do not account for every missing one.

    A strip that shows some of the gaps would claim that the other days are covered.
    """
    first = _day(window_start)
    days = sorted({day for text in coverage.gap_days if (day := _day(text))})
    inside = [day for day in days if first and 0 <= (day - first).days < coverage.days_in_window]
    if first is None or len(inside) != coverage.days_in_window - coverage.days_covered:
        return None
    runs: list[list[date]] = []
    for day in inside:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return tuple(Gap((run[0] - first).days, len(run), _text(run)) for run in runs)


def _text(run: list[date]) -> str:
    return run[0].isoformat() if len(run) == 1 else f"{run[0].isoformat()} to {run[-1].isoformat()}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
