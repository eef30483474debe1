"""Fewer characters for many actions: wildcards at whole words that name exactly what was listed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from iamaudit.policy.expand import matching

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|.", re.DOTALL)


def shortened(
    actions: Collection[str], catalogue: tuple[str, ...], is_granted: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return patterns that name exactly *actions* of the *catalogue*, sorted; an action that none fits stays itself.

    A pattern is a service's name, or whole words of an action's, and `*`; it names two of *actions* or more, nothing else, and
    *is_granted* says that today names all of it, also what AWS may add. Checks itself: when the result would name
    anything but *actions*, the actions come back as they are.
    """
    wanted = frozenset(actions)
    families: defaultdict[str, set[str]] = defaultdict(set)
    for action in wanted:
        for prefix in _prefixes(action):
            families[prefix].add(action)
    patterns: list[str] = []
    done: set[str] = set()
    for prefix in sorted(families, key=lambda one: (len(one), one)):  # the widest first
        members = families[prefix]
        pattern = f"{prefix}*"
        if len(members) < 2 or members <= done or not is_granted(pattern):
            continue
        if matching([pattern], catalogue) == members:
            patterns.append(pattern)
            done |= members
    result = tuple(sorted({*patterns, *(wanted - done)}))
    return result if _named(result, wanted, catalogue) == wanted else tuple(sorted(wanted))


def _prefixes(action: str) -> Iterable[str]:
    """Yield `s3:`, `s3:Get`, `s3:GetObject`, ... without the whole name."""
    service, _, name = action.partition(":")
    text = f"{service}:"
    for word in _WORD.findall(name):
        yield text
        text += word


def _named(patterns: Iterable[str], wanted: frozenset[str], catalogue: tuple[str, ...]) -> frozenset[str]:
    listed = tuple(patterns)
    beyond = frozenset(one for one in listed if one in wanted)  # newer than the catalogue, or named by itself
    return matching(listed, catalogue) | beyond
