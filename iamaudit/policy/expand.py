"""Which actions of a catalogue the patterns of a statement name."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from iamaudit.policy.match import action_matches, has_wildcard

_PATTERNS_TO_REMEMBER: Final = 20_000
_CATALOGUES_TO_REMEMBER: Final = 4


def expand(patterns: Iterable[str], actions: Sequence[str]) -> frozenset[str]:
    """Return the catalogue's *actions* that any of *patterns* names, in the catalogue's spelling.

    A pattern without a wildcard that the catalogue does not know is returned as it is written: it may be newer than
    the catalogue. One with wildcards that names nothing gives nothing. Give the same tuple of *actions* again: what a
    pattern names in it is remembered.
    """
    index = _index_of(actions)
    listed = frozenset(patterns)
    plain = listed & index.alone
    found: list[frozenset[str]] = [plain] if plain else []
    for pattern in listed - plain:
        named = index.named_by(pattern)
        found.append(named if named or has_wildcard(pattern) else frozenset((pattern,)))
    return found[0] if len(found) == 1 else frozenset().union(*found)


def matching(patterns: Iterable[str], actions: Sequence[str]) -> frozenset[str]:
    """Return the catalogue's *actions* that any of *patterns* names, and nothing else."""
    return _index_of(actions).named_by_any(patterns)


def expand_not(patterns: Iterable[str], actions: Sequence[str]) -> frozenset[str]:
    """Return the catalogue's *actions* that none of *patterns* names: what a NotAction stands for."""
    index = _index_of(actions)
    return index.every - index.named_by_any(patterns)


class _Index:
    """A catalogue sorted by its lower-case names; remembers what each pattern names."""

    def __init__(self, actions: Sequence[str]) -> None:
        self.actions = actions  # keeps the object alive whose identity finds this index
        self.every = frozenset(actions)
        self._sorted = sorted((action.lower(), action) for action in self.every)
        counts = Counter(name for name, _ in self._sorted)
        # each names itself and nothing else, so that many of them need no look-up one by one
        self.alone = frozenset(one for name, one in self._sorted if counts[name] == 1 and not has_wildcard(name))
        self._seen: dict[str, frozenset[str]] = {}

    def named_by_any(self, patterns: Iterable[str]) -> frozenset[str]:
        """Return the actions that any of *patterns* names."""
        listed = frozenset(patterns)
        plain = listed & self.alone
        found = [self.named_by(pattern) for pattern in listed - plain]
        return found[0] if len(found) == 1 and not plain else plain.union(*found)

    def named_by(self, pattern: str) -> frozenset[str]:
        """Return the actions that *pattern* names."""
        lowered = pattern.lower()
        found = self._seen.get(lowered)
        if found is None:
            found = self._find(lowered)
            if len(self._seen) >= _PATTERNS_TO_REMEMBER:
                self._seen.clear()
            self._seen[lowered] = found
        return found

    def _find(self, lowered: str) -> frozenset[str]:
        if lowered and not lowered.strip("*"):
            return self.every
        # only names that begin with the text before the first wildcard can fit
        prefix = lowered[: min((n for n in (lowered.find("*"), lowered.find("?")) if n >= 0), default=len(lowered))]
        is_prefix = lowered.rstrip("*") == prefix != lowered  # then they all do
        found = []
        for position in range(bisect_left(self._sorted, (prefix,)), len(self._sorted)):
            name, action = self._sorted[position]
            if not name.startswith(prefix):
                break
            if is_prefix or action_matches(lowered, name):
                found.append(action)
        return frozenset(found)


# by identity: hashing thousands of names at every question costs more than the question
_indexes: OrderedDict[int, _Index] = OrderedDict()


def _index_of(actions: Sequence[str]) -> _Index:
    if not isinstance(actions, tuple):  # a list may change behind its identity
        return _Index(actions)
    known = _indexes.get(id(actions))
    if known is None or known.actions is not actions:
        known = _indexes[id(actions)] = _Index(actions)
        while len(_indexes) > _CATALOGUES_TO_REMEMBER:
            _indexes.popitem(last=False)
    return known
