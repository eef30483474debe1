"""When a habit happens: business hours, hourly, nightly, weekly, monthly, quarterly or once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal

Rhythm = Literal["business", "around_the_clock", "daily", "weekly", "monthly", "quarterly", "once"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rhythm with its numbers; `times` is a mean count per day (or per occasion), hours are UTC."""

    rhythm: Rhythm
    times: float = 1.0
    hour: int = 2
    weekday: int = 0  # Monday is 0
    day: int = 1  # of the month
    fraction: float = 0.0  # of the window, for `once`


def business(times: float) -> Schedule:
    """On working days from 8 to 18, *times* a day on average."""
    return Schedule("business", times)


def around_the_clock(times: float) -> Schedule:
    """Any hour of any day, *times* a day on average."""
    return Schedule("around_the_clock", times)


def daily(hour: int, times: float = 1.0) -> Schedule:
    """Every day within the hour, *times* times."""
    return Schedule("daily", times, hour)


def weekly(weekday: int, hour: int, times: float = 1.0) -> Schedule:
    """On one day of the week within the hour, *times* times."""
    return Schedule("weekly", times, hour, weekday=weekday)


def monthly(day: int, hour: int, times: float = 1.0) -> Schedule:
    """On one day of the month within the hour, *times* times."""
    return Schedule("monthly", times, hour, day=day)


def quarterly(hour: int, times: float = 1.0) -> Schedule:
    """On the first day of January, April, July and October within the hour, *times* times."""
    return Schedule("quarterly", times, hour)


def once(fraction: float, hour: int, times: float = 1.0) -> Schedule:
    """On the one day that lies at *fraction* of the window, within the hour, *times* times."""
    return Schedule("once", times, hour, fraction=fraction)


def seconds_of_day(schedule: Schedule, day: date, index: int, days: int, scale: float, rng: Random) -> list[int]:
    """Return the seconds after midnight UTC at which *schedule* happens on *day*, the *index*-th of *days*.

    Frequent rhythms are multiplied by *scale*; rare ones are not, so that a small world keeps its weekly jobs.
    """
    match schedule.rhythm:
        case "business":
            if day.weekday() > 4:
                return []
            return sorted(8 * 3600 + rng.randrange(10 * 3600) for _ in range(_count(schedule.times * scale, rng)))
        case "around_the_clock":
            return sorted(rng.randrange(86400) for _ in range(_count(schedule.times * scale, rng)))
        case "weekly" if day.weekday() != schedule.weekday:
            return []
        case "monthly" if day.day != schedule.day:
            return []
        case "quarterly" if day.day != 1 or day.month not in {1, 4, 7, 10}:
            return []
        case "once" if index != int(days * schedule.fraction):
            return []
        case _:
            times = schedule.times * scale if schedule.rhythm == "daily" else schedule.times
            return sorted(schedule.hour * 3600 + rng.randrange(3600) for _ in range(max(1, round(times))))


def _count(mean: float, rng: Random) -> int:
    """Return a whole number near *mean*, right on average."""
    wobbled = mean * (0.7 + 0.6 * rng.random())
    whole = int(wobbled)
    return whole + (rng.random() < wobbled - whole)
