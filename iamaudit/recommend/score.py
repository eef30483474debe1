"""How policies learnt from earlier days fared with later calls: counts by the length of the learning window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Score:
    """How policies learnt from *learn_days* fared: counts over principals and tests; denied are some of all.

    Uses are distinct (action, resource, conditions); `as_unknown` uses were allowed only because what the logs cannot
    show is kept. `unjudged` counts tests for which no policy was proposed, so that today's stayed: not in the others.
    Nor is `denied_doubtful`: denied uses of which nothing says for sure that a call needed them.
    """

    learn_days: int
    uses: int = 0
    calls: int = 0
    denied_uses: int = 0
    denied_calls: int = 0
    as_unknown: int = 0
    unjudged: int = 0
    denied_doubtful: int = 0

    @property
    def share(self) -> float:
        """Return the part of the later uses that would have been denied; 0 when there are none."""
        return self.denied_uses / self.uses if self.uses else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.learn_days,
            self.uses + other.uses,
            self.calls + other.calls,
            self.denied_uses + other.denied_uses,
            self.denied_calls + other.denied_calls,
            self.as_unknown + other.as_unknown,
            self.unjudged + other.unjudged,
            self.denied_doubtful + other.denied_doubtful,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "learn_days": self.learn_days,
            "uses": self.uses,
            "denied_uses": self.denied_uses,
            "calls": self.calls,
            "denied_calls": self.denied_calls,
            "as_unknown": self.as_unknown,
            "unjudged": self.unjudged,
            "denied_doubtful": self.denied_doubtful,
        }


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The last hold-out of one principal, as a certificate tells it."""

    as_of: datetime
    scores: tuple[Score, ...]
    advice: str

    def score_for(self, days: int | None) -> Score | None:
        """Return the score of the longest learning window that is no longer than *days* and was judged."""
        fitting = [one for one in self.scores if one.uses and (days is None or one.learn_days <= days)]
        return max(fitting, key=lambda one: one.learn_days, default=None)
