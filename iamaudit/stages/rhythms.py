"""The rhythms of rare uses, out of the days that the lake remembers: what to name, and what to keep beyond the window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.periodic import Rhythm, in_words, rhythm_of

Key = tuple[str, str, str | None]  # principal, action, resource; None: on any resource


@dataclass(frozen=True, slots=True)
class Rhythms:
    """What looks weekly, monthly or quarterly; *today* is the day after the window's last."""

    window_start: date
    today: date
    found: Mapping[Key, Rhythm] = field(default_factory=dict)

    def of(self, principal: str, action: str, resource: str) -> Rhythm | None:
        """Return the rhythm of the use itself, or else that of its action, whose names may change each time."""
        return self.found.get((principal, action, resource)) or self.found.get((principal, action, None))

    def named(self, principal: str, uses: Sequence[ObservedUse]) -> tuple[ObservedUse, ...]:
        """Return *uses* of the window, those with a rhythm saying so."""
        return tuple(self._named(principal, use) for use in uses)

    def due(self, principal: str, past: Sequence[ObservedUse]) -> tuple[ObservedUse, ...]:
        """Return those of *past*, uses before the window, that are due again: kept with origin `periodic`.

        A rhythm of which two occasions were missed has ended. One whose last occasion lies in the window needs nothing
        more: names that change each time are generalised from those of that occasion.
        """
        kept = []
        for use in past:
            rhythm = self.of(principal, use.action, use.resource)
            if rhythm is not None and rhythm.last < self.window_start and rhythm.is_alive(self.today):
                kept.append(replace(self._named(principal, use), origin="periodic"))
        return tuple(kept)

    def _named(self, principal: str, use: ObservedUse) -> ObservedUse:
        rhythm = self.of(principal, use.action, use.resource)
        return use if rhythm is None else replace(use, rhythm=in_words(rhythm, self.today))


def rhythms(engine: Engine) -> Rhythms:
    """Return the rhythms of all users and roles, over everything that the lake remembers."""
    start, today = (date.fromisoformat(str(engine.parameters[name])) for name in ("window_start", "window_end"))
    found: dict[Key, Rhythm] = {}
    for row in engine.table("use_days").to_pylist():
        rhythm = rhythm_of(row["days"])
        if rhythm is not None:
            found[row["principal"], row["action"], row["resource"]] = rhythm
    return Rhythms(start, today, found)


def past_uses(engine: Engine, found: Rhythms) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of `past_uses` by principal; none is asked for when every rhythm lies in the window."""
    if not any(one.last < found.window_start and one.is_alive(found.today) for one in found.found.values()):
        return {}
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in engine.table("past_uses").to_pylist():
        rows[row["principal"]].append(row)
    return rows
