"""Many Resource patterns as one question: exact names, beginnings, and one regular expression for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from iamaudit.policy.match import has_wildcard, is_everything, resource_expression, resource_matches, without_marks

Matcher = Callable[[str], object]
"""A resource as asked -> something true when one of the patterns fits it."""

_FIELDS = 5  # colons before the part of an ARN in which wildcards cross everything
_WILDCARD = re.compile(r"[*?]")


@lru_cache(maxsize=16_384)
def matcher(patterns: tuple[str, ...], *, pad_short: bool) -> Matcher:
    """Return a function that says what `resource_matches` says for any of *patterns*, in one step for most."""
    exact = frozenset(without_marks(pattern) for pattern in patterns if _is_name(pattern))
    beginnings = tuple(without_marks(pattern.rstrip("*")) for pattern in patterns if _is_beginning(pattern))
    rest = tuple(pattern for pattern in patterns if not _is_name(pattern) and not _is_beginning(pattern))
    if not rest and not beginnings:
        return exact.__contains__
    if not rest:
        return lambda resource: resource in exact or resource.startswith(beginnings)
    others = _rest(rest, pad_short=pad_short)
    if not exact and not beginnings:
        return others
    return lambda resource: resource in exact or resource.startswith(beginnings) or others(resource)


def _rest(patterns: tuple[str, ...], *, pad_short: bool) -> Matcher:
    heads = _heads(patterns)
    expressions = [resource_expression(pattern, pad_short=pad_short) for pattern in patterns]
    fits = re.compile("|".join(f"(?:{one})" for one in expressions if one is not None) or r"(?!)", re.DOTALL).fullmatch
    fits_star = any(resource_matches(pattern, "*", pad_short=pad_short) for pattern in patterns)

    def test(resource: str) -> object:
        if resource == "*":
            return fits_star
        return resource.startswith(heads) and fits(resource)

    return test


def _heads(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return what resources must begin with to fit one of *patterns*: most are told apart by that alone."""
    return tuple({without_marks(_WILDCARD.split(pattern, maxsplit=1)[0]) for pattern in patterns})


def _is_name(pattern: str) -> bool:
    return pattern.count(":") >= _FIELDS and not has_wildcard(pattern)


def _is_beginning(pattern: str) -> bool:
    start = pattern.rstrip("*")
    return start != pattern and start.count(":") >= _FIELDS and not has_wildcard(start) and not is_everything(pattern)
