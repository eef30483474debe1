"""Whether one condition block is at least as strict as another, judged by its text alone."""

from __future__ import annotations

from collections.abc import Iterable

from iamaudit.model.policy import Condition
from iamaudit.policy.conditions import read_operator
from iamaudit.policy.inclusion import TooManyStatesError, glob_tokens, text_outside
from iamaudit.policy.match import glob_matches
from iamaudit.policy.variables import has_variable


def block_implies(strict: Iterable[Condition], loose: Iterable[Condition], *, same_version: bool) -> bool:
    """Return whether *loose* holds whenever *strict* does, as far as their texts show.

    Each condition of *loose* must follow from one of *strict*. A False is no proof of the contrary. Blocks with
    policy variables are only compared between policies that read variables alike (*same_version*).
    """
    stricts = tuple(strict)
    return all(any(_implies(s, condition, same_version=same_version) for s in stricts) for condition in loose)


def _implies(strict: Condition, loose: Condition, *, same_version: bool) -> bool:
    if strict.operator.lower() != loose.operator.lower() or strict.key.lower() != loose.key.lower():
        return False
    if not same_version and any(has_variable(value) for value in (*strict.values, *loose.values)):
        return False
    name = read_operator(loose.operator)
    if name is None:
        return False
    few, many = set(strict.values), set(loose.values)
    if name.operator is not None and name.operator.negated:
        few, many = many, few  # a negated operator is the stricter the more values it forbids
    if few <= many:
        return True
    has_patterns = name.operator is not None and name.operator.test is glob_matches
    return has_patterns and not any(has_variable(value) for value in few | many) and _fit_within(few, many)


def _fit_within(smalls: Iterable[str], bigs: Iterable[str]) -> bool:
    union = tuple(glob_tokens(big) for big in sorted(bigs))
    try:
        return all(text_outside(glob_tokens(small), union) is None for small in smalls)
    except TooManyStatesError:
        return False
