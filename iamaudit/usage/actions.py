"""Which IAM actions an event needed (domain.md §2.1 to §2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.events import ActionRow, Needed, action_rows
from iamaudit.usage.parameters import Parameters

# anchored on a date of this century: "split at 20" breaks real names
_VERSION = re.compile(r"(.+?)(20\d{2}(?:[_-]?\d{2}){2})(v\d+)?")


@dataclass(frozen=True, slots=True)
class Named:
    """One action of a call; `role` tells which of the call's resources it is about."""

    action: str
    role: str = ""
    evidence: str = "direct"
    confidence: str = "high"
    rule: str = ""
    is_alternative: bool = False


@lru_cache(maxsize=65536)
def spelling(action: str) -> str | None:
    """Return AWS's spelling of *action*, or None when the catalogue does not have it."""
    return catalogue().spelling(action)


@lru_cache(maxsize=65536)
def bare_name(prefix: str, event_name: str) -> str:
    """Return the event's name without a version date, unless the dated name is itself an action (domain.md §2.1)."""
    found = _VERSION.fullmatch(event_name)
    if found is None or spelling(f"{prefix}:{event_name}") is not None:
        return event_name
    return found[1]


@lru_cache(maxsize=65536)
def same_name(prefix: str, name: str) -> Named:
    """Return the action of the event's own name in AWS's spelling, or that name with low confidence."""
    spelt = spelling(f"{prefix}:{name}")
    if spelt is not None:
        return Named(spelt, rule="same name")
    return Named(f"{prefix}:{name}", confidence="low", rule="no rule: the event's own name, not in the catalogue")


def actions_of(prefix: str, name: str, parameters: Parameters) -> tuple[Named, ...]:
    """Return the actions that an event (bare name) needed; never empty."""
    table = action_rows(prefix, name)
    if not table:
        return (same_name(prefix, name),)
    holding = tuple(
        place
        for place, row in enumerate(table)
        # what comes on top may come without a condition
        if (row.when or row.adds) and all(parameters.holds(atom) for atom in row.when)
    )
    return _actions_of_rows(prefix, name, holding)


@lru_cache(maxsize=65536)
def _actions_of_rows(prefix: str, name: str, holding: tuple[int, ...]) -> tuple[Named, ...]:
    """Return what an event needs of whose rows these hold."""
    table = action_rows(prefix, name)
    matching = [table[place] for place in holding]
    own = [row for row in matching if not row.adds] or [row for row in table if not row.when and not row.adds]
    found: list[Named] = []
    for row in own:
        found += _from_row(row, "direct")
    if not own:
        found.append(same_name(prefix, name))
    for row in matching:
        if row.adds:
            found += _from_row(row, "implied")
    return tuple(distinct_actions(found))


def _from_row(row: ActionRow, evidence: str) -> list[Named]:
    found = []
    for group in row.groups:
        # alternatives that the content did not settle: all of them, and none for sure
        found += [_named(needed, row, evidence, is_alternative=len(group) > 1) for needed in group]
    return found


def _named(needed: Needed, row: ActionRow, evidence: str, *, is_alternative: bool) -> Named:
    spelt = spelling(needed.action)
    confidence = "high" if spelt and not is_alternative else "low"
    return Named(spelt or needed.action, needed.role or row.resource, evidence, confidence, row.rule, is_alternative)


def distinct_actions(found: Iterable[Named]) -> list[Named]:
    """Return each action with its role once, where it came first: surely needed when any of *found* says so."""
    seen: dict[tuple[str, str], Named] = {}
    for named in found:
        known = seen.setdefault((named.action, named.role), named)
        if known.is_alternative and not named.is_alternative:  # what one row asks for surely is sure
            seen[named.action, named.role] = named
    return list(seen.values())
