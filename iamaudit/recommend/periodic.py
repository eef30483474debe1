"""Rare use that comes again: from the days of a use to weekly, monthly or quarterly, and when it is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class Period:
    """How far apart, in days, the occasions of a rhythm begin, and how many days one occasion may last."""

    name: str
    shortest: int
    longest: int
    lasts: int


# a month by date is 28 to 31 days, by weekday (`first Monday`) 28 or 35; a quarter 90 to 92, by weekday 84, 91 or 98;
# what falls on a weekend is done some days earlier or later
PERIODS: Final = (
    Period("weekly", 6, 8, 2),
    Period("monthly", 26, 35, 4),
    Period("quarterly", 84, 99, 10),
)
ENOUGH: Final = 3  # occasions; of a quarterly one two will do, with low confidence
_SHOWN: Final = 4
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in no locale


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A recognised rhythm: `occasions` are the first days of each, `last` is the last day of use.

    `confidence` is low for two occasions only, or when one was left out in between.
    """

    period: Period
    occasions: tuple[date, ...]
    last: date
    confidence: str  # high | low

    @property
    def name(self) -> str:
        """Return weekly, monthly or quarterly."""
        return self.period.name

    def is_alive(self, today: date) -> bool:
        """Whether at most one occasion was missed until *today*; after two the rhythm counts as ended."""
        return today <= self.occasions[-1] + timedelta(days=2 * self.period.longest)


def rhythm_of(days: Iterable[date]) -> Rhythm | None:
    """Return the rhythm of use on *days*, in any order, or None; the shortest period that fits.

    Days next to each other are one occasion. Every distance between two occasions must fit the period, or twice the
    period for one in three of them (a missed run, or a day whose logs are lost).
    """
    ordered = sorted(set(days))
    for period in PERIODS:
        occasions = _occasions(ordered, period)
        if occasions and (confidence := _confidence(occasions, period)):
            return Rhythm(period, occasions, ordered[-1], confidence)
    return None


def in_words(rhythm: Rhythm, today: date) -> str:
    """Return like `last used 62 days ago, looks quarterly: 2 Apr, 1 Jul, 30 Sep`; years where they are not all one."""
    ago = (today - rhythm.last).days
    shown = rhythm.occasions[-_SHOWN:]
    is_one_year = len({day.year for day in shown}) == 1
    dates = ", ".join(_short(day) if is_one_year else f"{_short(day)} {day.year}" for day in shown)
    more = "" if len(shown) == len(rhythm.occasions) else "… "
    doubt = "" if rhythm.confidence == "high" else f", from {len(rhythm.occasions)} occasions only"
    return f"last used {ago} day{'' if ago == 1 else 's'} ago, looks {rhythm.name}{doubt}: {more}{dates}"


def _occasions(ordered: Sequence[date], period: Period) -> tuple[date, ...]:
    """Return the first day of each occasion; nothing when one of them lasts longer than the period's may."""
    starts: list[date] = []
    for day in ordered:
        if starts and (day - starts[-1]).days < period.lasts:
            continue
        if starts and (day - starts[-1]).days < period.shortest:
            return ()  # used too soon again
        starts.append(day)
    return tuple(starts)


def _confidence(occasions: Sequence[date], period: Period) -> str:
    """Return high or low, or nothing when the distances do not fit."""
    gaps = [(later - earlier).days for earlier, later in pairwise(occasions)]
    skipped = [gap for gap in gaps if not period.shortest <= gap <= period.longest]
    if any(not 2 * period.shortest <= gap <= 2 * period.longest for gap in skipped) or 3 * len(skipped) > len(gaps):
        return ""
    if len(occasions) >= ENOUGH:
        return "low" if skipped else "high"
    return "low" if len(occasions) == ENOUGH - 1 and period is PERIODS[-1] else ""


def _short(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
