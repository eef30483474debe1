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

# what surely was a use: not one of several actions, not what another call may have needed besides
SURE: Final = (
    "confidence is distinct from 'either' and "
    "(evidence is distinct from 'implied' or confidence is distinct from 'low' or action = 'iam:PassRole')"
)
_QUIET: Final = f"""
    select principal, action, max(dt)::date as last_day from principal_uses
    where {SURE}
    group by principal, action
    having max(dt) < $window_start
    order by principal, last_day desc, action
"""  # noqa: S608  # a condition of ours
_GRANTED: Final = """
    select distinct principal, action from grant_actions
    where list_contains($principals, principal) and list_contains($actions, action)
"""
_LAST: Final = f"""
    select max(dt)::date as last_day from principal_uses
    where principal = $principal and lower(action) = lower($action) and dt < $window_start and {SURE}
"""  # noqa: S608  # a condition of ours
_SHOWN: Final = 5


def quiet_uses(engine: Engine) -> Quiet:
    """Return what today's policies grant and the lake last saw used before the window, by principal."""
    quiet = engine.query(_QUIET, {"window_start": engine.parameters["window_start"]}).to_pylist()
    if not quiet:
        return {}
    # few are quiet, and everything that is granted fills the memory of a small machine: only of those is it asked
    asked = {name: sorted({row[name[:-1]] for row in quiet}) for name in ("principals", "actions")}
    granted = {(row["principal"], row["action"]) for row in engine.query(_GRANTED, asked).to_pylist()}
    found: defaultdict[str, list[tuple[str, date]]] = defaultdict(list)
    for row in quiet:
        if (row["principal"], row["action"]) in granted:
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
