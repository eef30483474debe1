"""Which actions of a catalogue the patterns of a statement name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from iamaudit.policy.match import action_matches, has_wildcard


def expand(patterns: Iterable[str], actions: Sequence[str]) -> frozenset[str]:
    """Return the catalogue's *actions* that any of *patterns* names, in the catalogue's spelling.

    A pattern without a wildcard that the catalogue does not know is returned as it is written: it may be newer than
    the catalogue. One with wildcards that names nothing gives nothing.
    """
    by_service = _by_service(tuple(actions))
    found: set[str] = set()
    for pattern in patterns:
        service = pattern.partition(":")[0].lower()
        candidates = actions if has_wildcard(service) else by_service.get(service, ())
        matching = [action for action in candidates if action_matches(pattern, action)]
        found.update(matching)
        if not matching and not has_wildcard(pattern):
            found.add(pattern)
    return frozenset(found)


def expand_not(patterns: Iterable[str], actions: Sequence[str]) -> frozenset[str]:
    """Return the catalogue's *actions* that none of *patterns* names: what a NotAction stands for."""
    return frozenset(actions) - expand(patterns, actions)


@lru_cache(maxsize=4)
def _by_service(actions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for action in actions:
        found.setdefault(action.partition(":")[0].lower(), []).append(action)
    return {service: tuple(names) for service, names in found.items()}
