"""Which of today's statements name an action."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from iamaudit.policy.expand import expand_not, matching
from iamaudit.recommend.evidence import Actions
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.sources import Source


class Naming:
    """Which of today's statements name an action; their patterns are expanded once, not asked action by action."""

    def __init__(self, sources: tuple[Source, ...], catalogue: Actions) -> None:
        """Expand the patterns of *sources*, which are in their order."""
        self._every = every = catalogue.all_actions()
        self.sources = sources
        self._named = [
            expand_not(source.statement.not_actions, every)
            if source.statement.not_actions
            else matching(source.statement.actions, every)
            for source in sources
        ]
        self._spelling = catalogue.spelling
        self._known = expand_not((), every)
        self._preferred: dict[str, tuple[Source, ...]] = {}

    def spelled(self, action: str) -> str:
        """Return AWS's capitalisation where there is one."""
        return action if action in self._known else self._spelling(action) or action

    def naming(self, action: str) -> tuple[Source, ...]:
        """Return the statements that speak of *action*, in their order."""
        if action in self._known:
            return tuple(one for one, named in zip(self.sources, self._named, strict=True) if action in named)
        return tuple(one for one in self.sources if one.names(action))

    def naming_each(self, actions: Collection[str]) -> dict[str, list[Source]]:
        """Return what `naming` says of each of many *actions*, but for those that no statement speaks of."""
        wanted = self._known.intersection(actions)
        found: dict[str, list[Source]] = {}
        for source, named in zip(self.sources, self._named, strict=True):
            for action in named & wanted:
                found.setdefault(action, []).append(source)
        for action in frozenset(actions) - wanted:
            if speaking := list(self.naming(action)):
                found[action] = speaking
        return found

    def named_by(self, source: Source) -> frozenset[str]:
        """Return the catalogue's actions that a statement speaks of."""
        return self._named[source.position]

    def excluded(self, source: Source, patterns: Sequence[str]) -> list[str]:
        """Return what of *patterns* a statement grants: the pattern as its owner wrote it, or the actions of both."""
        found: set[str] = set()
        for pattern in patterns:
            is_whole = source.names_all(pattern)
            found |= {pattern} if is_whole else matching([pattern], self._every) & self.named_by(source)
        return sorted(found)

    def of_services(self, source: Source, services: Collection[str]) -> Iterator[Grain]:
        """Yield what a statement grants of *services*, in its own words where they speak of one service only."""
        statement = source.statement
        words: set[str] = set()
        for pattern in statement.actions:
            service = pattern.partition(":")[0].lower()
            if service in services:
                words.add(pattern)
            elif pattern in {"*", "*:*"}:
                words |= {f"{one}:*" for one in services}
            elif "*" in service or "?" in service:
                words |= {one for one in matching([pattern], self._every) if one.partition(":")[0] in services}
        if statement.not_actions:
            words |= {one for one in self.named_by(source) if one.partition(":")[0].lower() in services}
        for word in sorted(words):
            yield Grain(source, word, statement.resources, statement.not_resources, statement.conditions, "granted")

    def preferred(self, action: str) -> tuple[Source, ...]:
        """Return the same, the one first that should answer for a use."""
        found = self._preferred.get(action)
        if found is None:
            ordered = sorted(self.naming(action), key=lambda source: source.preference)
            found = self._preferred[action] = tuple(ordered)
        return found
