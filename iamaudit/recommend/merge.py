"""Grains that say the same twice: values of one condition together, and nothing that a wider grain allows anyhow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from iamaudit.model.policy import Condition
from iamaudit.recommend.glob import has_wildcard, inside
from iamaudit.recommend.grain import Grain


def merged(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Return grains that together allow the same, each thing once."""
    return _without_doubles(_without_covered(_merge_observed(grains)))


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
