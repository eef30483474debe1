"""history: what changed in the recommendations since an instant, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from iamaudit.config import CHANGES_DAYS
from iamaudit.engine.duck import Engine
from iamaudit.errors import ConfigError
from iamaudit.stages.instants import iso, moment

MODEL: Final = "recommendation_changes"
_AGO: Final = re.compile(r"(\d{1,6})\s*(d|days?|w|weeks?|h|hours?)")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class RecommendationChange:
    """One thing that is otherwise than it was: a whole recommendation (`action` None), or one action of it."""

    account_id: str
    principal: str
    change: str  # recommended | withdrawn | added | dropped
    action: str | None
    reason: str
    last_used_at: datetime | None

    def as_json(self) -> dict[str, object]:
        """Return the line of `history --json`."""
        return {
            "account_id": self.account_id,
            "principal": self.principal,
            "change": self.change,
            "action": self.action,
            "reason": self.reason,
            "last_used_at": iso(self.last_used_at),
        }


def history(engine: Engine, since: datetime) -> list[RecommendationChange]:
    """Return what changed from *since* to the engine's now, by account, principal, change and action."""
    engine.parameters["changed_since"] = since
    engine.forget("recommendations", "recommended_actions", MODEL)  # a night on the same engine may have added some
    return [RecommendationChange(**row) for row in engine.table(MODEL).to_pylist()]


def last_week(engine: Engine) -> str:
    """Return the counts of what changed in the seven days before the engine's now."""
    now = engine.parameters["as_of"]
    return in_short(history(engine, now - timedelta(days=CHANGES_DAYS))) if isinstance(now, datetime) else ""


def since_when(text: str, *, now: datetime) -> datetime:
    """Return the instant that `7d`, `2 weeks`, `36h` ago or a time means; raise ConfigError for what is neither."""
    found = _AGO.fullmatch(text.strip().lower())
    if found is None:
        return moment(text, now=now)
    try:
        return now - timedelta(**{_UNITS[found[2][0]]: int(found[1])})
    except OverflowError:
        raise ConfigError(f"`{text}` is before the year 1: give less") from None


def in_short(changes: Iterable[RecommendationChange]) -> str:
    """Return like `3 recommended, 12 actions added, 40 dropped`, or `nothing changed`."""
    counts = Counter(one.change for one in changes)
    words = {
        "recommended": "newly recommended",
        "withdrawn": "withdrawn",
        "added": "actions added",
        "dropped": "actions dropped",
    }
    return ", ".join(f"{counts[kind]:,} {said}" for kind, said in words.items() if counts[kind]) or "nothing changed"
