"""The contexts that a use was made in, as far as they are told, so that a condition is asked what really happened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import product
from typing import Final

from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.told import Told

MOST: Final = 64  # contexts to ask one use in


def only(use: ObservedUse, keys: Collection[str]) -> ObservedUse:
    """Return *use* with what is told of *keys* (lower case) alone, of those that the use itself does not say."""
    if not use.told:
        return use
    said = {key.lower() for key in use.conditions}
    told = tuple(one for one in use.told if one.key.lower() in keys and one.key.lower() not in said)
    return replace(use, told=told)


def contexts_of(use: ObservedUse) -> tuple[ObservedUse, ...]:
    """Return the use once for each combination of what is told of it, in `conditions`.

    Which values came together is not told, so every combination is one: those that were are among them. A key that some
    call does not tell is unknown in one of them, and so are those with the most values where there would be too many.
    """
    told = sorted(use.told, key=lambda one: (len(one.values), one.key))
    while told and _count(told) > MOST:
        told.pop()
    choices = [_values(one) for one in told]
    keys = [one.key for one in told]
    found = []
    for values in product(*choices):
        known = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        found.append(replace(use, conditions={**use.conditions, **known}, told=()))
    return tuple(found)


def _values(told: Told) -> tuple[str | None, ...]:
    return told.values if told.is_complete else (*told.values, None)


def _count(told: Collection[Told]) -> int:
    count = 1
    for one in told:
        count *= len(_values(one))
    return count
