"""How far recommendations carry: the hold-out of an estate, principal by principal; the content of confidence.json."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from iamaudit.recommend.holdout import Advice, Surprise
from iamaudit.recommend.score import Score

METHOD: Final = (
    "walk forward: a policy is proposed from the days before a test alone, and the test's calls are replayed against it; "
    "today's grants and boundary stand for both, none of them counts as fresh, calls that they refuse are left out; one "
    "principal at a time"
)


@dataclass(frozen=True, slots=True)
class PrincipalConfidence:
    """One principal's scores by length of the learning window, and what to do."""

    principal: str
    account_id: str
    scores: tuple[Score, ...]
    surprises: tuple[Surprise, ...]
    advice: Advice

    def as_json(self) -> dict[str, Any]:
        """Return one entry of `principals` in confidence.json."""
        return {
            "principal": self.principal,
            "account_id": self.account_id,
            "scores": [score.as_json() for score in self.scores],
            "advice": self.advice.as_json(),
            "surprises": [{**one.as_json(), "why": one.why} for one in self.surprises],
        }


@dataclass(frozen=True, slots=True)
class Confidence:
    """The hold-out evaluation of an estate; `tests` are the (first day, day after the last) of the later days."""

    as_of: datetime
    tests: tuple[tuple[date, date], ...]
    tolerance: float
    scores: tuple[Score, ...]
    advice: Advice
    principals: tuple[PrincipalConfidence, ...]

    def as_json(self) -> dict[str, Any]:
        """Return confidence.json; shares are of distinct uses."""
        return {
            "as_of": self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "method": METHOD,
            "tests": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in self.tests],
            "tolerance": self.tolerance,
            "scores": [score.as_json() for score in self.scores],
            "advice": self.advice.as_json(),
            "principals": [one.as_json() for one in self.principals],
        }
