"""What was used before the window and not in it: unused by the window's measure, and not forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Final

from iamaudit.engine.duck import Engine

Quiet = Mapping[
    str, tuple[tuple[str, date], ...]
]  # by principal: the actions with the day of their last use, latest first

_QUIET: Final = """
    select uses.principal, uses.action, max(uses.dt)::date as last_day
    from principal_uses as uses
    semi join (select principal, action from grant_states where state <> 'used_not_granted') as granted
        on uses.principal = granted.principal and uses.action = granted.action
    group by uses.principal, uses.action
    having max(uses.dt) < $window_start
    order by uses.principal, last_day desc, uses.action
"""
_LAST: Final = """
    select max(dt)::date as last_day from principal_uses
    where principal = $principal and lower(action) = lower($action) and dt < $window_start
"""
_SHOWN: Final = 5


def quiet_uses(engine: Engine) -> Quiet:
    """Return what today's policies grant and the lake last saw used before the window, by principal."""
    found: defaultdict[str, list[tuple[str, date]]] = defaultdict(list)
    for row in engine.query(_QUIET, {"window_start": engine.parameters["window_start"]}).to_pylist():
        found[row["principal"]].append((row["action"], row["last_day"]))
    return {principal: tuple(actions) for principal, actions in found.items()}


def last_before(engine: Engine, principal: str, action: str) -> date | None:
    """Return the last day before the window on which *principal* used *action*; None when the lake has none."""
    asked = {"principal": principal, "action": action, "window_start": engine.parameters["window_start"]}
    last: date | None = engine.query(_LAST, asked).to_pylist()[0]["last_day"]
    return last


def in_words(quiet: tuple[tuple[str, date], ...]) -> str:
    """Return one sentence for a reviewer, who may know that a job is due again."""
    shown = ", ".join(f"`{action}` on {day}" for action, day in quiet[:_SHOWN])
    more = f" and {len(quiet) - _SHOWN} more" if len(quiet) > _SHOWN else ""
    return f"used before the window and not in it: {shown}{more}; a longer `--window` has them"
