"""What lets people dare, and what comes next: the hold-out, rare use that is kept, the week's changes, dates, refusals."""

from __future__ import annotations

from dataclasses import dataclass

from iamaudit.recommend.score import Score


@dataclass(frozen=True, slots=True)
class EstateHoldout:
    """The latest hold-out of every principal, added up by length of the learning window, shortest first.

    `as_of` is the day of the latest one, `principals` how many were in one, `refused` those of whom the longest window would
    still have denied something, as (ARN, calls denied, calls), the most denied first.
    """

    as_of: str
    principals: int
    scores: tuple[Score, ...]
    refused: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RareUse:
    """An action that one principal does weekly, monthly or quarterly; `is_outside`: last done before the window, and kept all the same."""

    principal: str
    action: str
    resources: int
    rhythm: str
    is_outside: bool


@dataclass(frozen=True, slots=True)
class WeekChange:
    """How one principal's recommendation differs from that of a week ago; `why` is the reason of one of the changes."""

    principal: str
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Retiring:
    """One idle thing with its days (ISO, empty where there is none)."""

    arn: str
    account_id: str
    title: str
    notify: str
    disable: str
    delete: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """The parts of a report that look back and ahead. `applied` counts proposals in force, None when nobody looked."""

    holdout: EstateHoldout | None = None
    rare: tuple[RareUse, ...] = ()
    week: tuple[WeekChange, ...] = ()
    week_in_short: str = ""
    retiring: tuple[Retiring, ...] = ()
    not_retired: int = 0
    applied: int | None = None
    refused: tuple[str, ...] = ()

    @property
    def dates(self) -> tuple[tuple[str, int], ...]:
        """The days on which something idle is disabled or deleted, and how much, the next day first."""
        days = [day for one in self.retiring for day in (one.disable, one.delete) if day]
        return tuple((day, days.count(day)) for day in sorted(set(days)))
