"""Grains that say the same twice: values of one condition together, and nothing that a wider grain allows anyhow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from iamaudit.model.policy import Condition
from iamaudit.recommend.glob import has_wildcard, inside
from iamaudit.recommend.grain import Grain

_Shape = tuple[tuple[int, tuple[str, ...], tuple[str, ...], tuple[Condition, ...], str], ...]


def merged(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Return grains that together allow the same, each thing once."""
    by_action: dict[str, list[Grain]] = {}
    for grain in grains:
        by_action.setdefault(grain.action, []).append(grain)
    return tuple(grain for found in merged_each(by_action).values() for grain in found)


def merged_each(by_action: Mapping[str, Sequence[Grain]]) -> dict[str, tuple[Grain, ...]]:
    """Return what `merged` says of the grains of each action; grains of different actions have no bearing on each other.

    Most actions have grains like another's, from the same statements: those are merged once.
    """
    known: dict[_Shape, tuple[Grain, ...]] = {}
    return {
        action: (grains[0],) if _is_alone(grains) else _merged_of(action, grains, known)
        for action, grains in by_action.items()
    }


def _is_alone(grains: Sequence[Grain]) -> bool:
    """Whether there is one grain, and nothing in it to be put together."""
    if len(grains) != 1:
        return False
    grain = grains[0]
    is_single = len(grain.resources) == 1 or bool(grain.not_resources)
    return is_single and len(grain.conditions) == len(grain.source.statement.conditions)


def _merged_of(action: str, grains: Sequence[Grain], known: dict[_Shape, tuple[Grain, ...]]) -> tuple[Grain, ...]:
    shape = tuple((one.source.position, one.resources, one.not_resources, one.conditions, one.origin) for one in grains)
    found = known.get(shape)
    if found is None:
        found = known[shape] = _without_doubles(_without_covered(_merge_observed(grains)))
    return tuple(
        Grain(one.source, action, one.resources, one.not_resources, one.conditions, one.origin) for one in found
    )


def _merge_observed(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Let grains that differ only in the conditions their uses had be one, under those that all of them had.

    One role passed to two services may be passed to both; where one use does not tell its service, no condition is left.
    """
    found: dict[Grain, list[tuple[Condition, ...]]] = {}
    for grain in grains:
        own = grain.source.statement.conditions
        bare = grain if grain.conditions == own else replace(grain, conditions=own)
        found.setdefault(bare, []).append(grain.conditions[len(own) :])
    return tuple(
        replace(grain, conditions=(*grain.conditions, *common)) if (common := _common(added)) else grain
        for grain, added in found.items()
    )


def _common(added: Sequence[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """Return a condition for each key that is in all of *added*, with all its values."""
    if not all(added):
        return ()
    values: dict[tuple[str, str], set[str]] = {}
    for one in (condition for conditions in added for condition in conditions):
        values.setdefault((one.operator, one.key), set()).update(one.values)
    shared = [slot for slot in values if all(any((c.operator, c.key) == slot for c in one) for one in added)]
    return tuple(Condition(*slot, tuple(sorted(values[slot]))) for slot in sorted(shared))


def _without_covered(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Drop resources that another grain of the same action allows anyway, under the same conditions or fewer."""
    listed = tuple(dict.fromkeys(grains))
    together = {grain.conditions: frozenset(grain.conditions) for grain in listed}
    covers: dict[str, set[tuple[str, frozenset[Condition]]]] = {}
    for grain in listed:
        if not grain.source.is_frozen:
            wide = {(one, together[grain.conditions]) for one in grain.resources if has_wildcard(one)}
            covers.setdefault(grain.action, set()).update(wide)
    found = []
    for grain in listed:
        mine = together[grain.conditions]
        # under the same conditions the wider pattern wins, of two equal ones the first in the alphabet
        others = [(wide, conditions < mine) for wide, conditions in covers.get(grain.action, ()) if conditions <= mine]
        if grain.source.is_frozen or others in ([], [(grain.resources[0] if grain.resources else "", False)]):
            found.append(grain)  # nothing else is there to cover it
            continue
        left = tuple(one for one in grain.resources if not _is_covered(one, others))
        if left or grain.not_resources:
            found.append(grain if left == grain.resources else replace(grain, resources=left))
    return tuple(found)


def _without_doubles(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Let of two statements that grant the very same the one go on that `preference` puts first; what was used comes first."""
    seen: set[tuple[str, str, frozenset[Condition]]] = set()
    found = []
    for grain in sorted(grains, key=lambda one: (one.origin not in {"used", "granted"}, one.source.preference)):
        if grain.source.is_frozen or grain.not_resources:
            found.append(grain)
            continue
        conditions = frozenset(grain.conditions)
        left = tuple(one for one in grain.resources if (grain.action, one, conditions) not in seen)
        seen |= {(grain.action, one, conditions) for one in left}
        if left:
            found.append(grain if left == grain.resources else replace(grain, resources=left))
    return tuple(found)


def _is_covered(one: str, others: Iterable[tuple[str, bool]]) -> bool:
    return any(
        inside(one, wide) and (has_fewer or (wide != one and (not inside(wide, one) or wide < one)))
        for wide, has_fewer in others
    )
