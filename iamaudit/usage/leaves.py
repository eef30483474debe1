"""Where a value stands in a record: the path a reader follows to check it by eye."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from iamaudit.knowledge.events import fold

_DEPTH = 12
_LEAST = 3  # a shorter text is part of too much to tell anything
_WRAPPERS = frozenset({"items", "item", "member", "content", "value", "values"})


class Leaves:
    """The texts and numbers of one part of a record, each with its path, such as `request.list[0].name`."""

    def __init__(self, node: Any, path: str) -> None:
        self.found = [(place, text, _last_name(place)) for place, text in _walk(node, path, 0)]
        self._by_text: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for place, text, name in self.found:
            self._by_text[text].append((place, name))

    def places_of(self, value: str) -> list[str]:
        """Return the paths of the leaves that are *value*, in the record's order."""
        return [place for place, _ in self._by_text.get(value, ())]

    def place_of(self, value: str, names: Collection[str] = ()) -> str | None:
        """Return the path of the leaf that is *value*, else of one that holds it or is held in it, else None.

        A leaf under one of the folded *names* goes before others.
        """
        same = self._by_text.get(value)
        if same:
            return next((place for place, name in same if name in names), same[0][0])
        for is_it in (_holds, _is_in):
            found = self._first(value, is_it, names)
            if found is not None:
                return found
        return None

    def _first(self, value: str, is_it: Callable[[str, str], bool], names: Collection[str]) -> str | None:
        other = None
        for place, text, name in self.found:
            if is_it(text, value):
                if name in names:
                    return place
                other = other or place
        return other


def _walk(node: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH:
        return
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _walk(value, f"{path}.{name}", depth + 1)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _walk(value, f"{path}[{place}]", depth + 1)
    elif isinstance(node, str):
        if node:
            yield path, node
    elif isinstance(node, bool):
        yield path, "true" if node else "false"
    elif isinstance(node, (int, float)):
        yield path, str(node)


def _holds(text: str, value: str) -> bool:
    return len(value) >= _LEAST and value in text


def _is_in(text: str, value: str) -> bool:
    return len(text) >= _LEAST and text in value


def _last_name(path: str) -> str:
    names = [fold(part.partition("[")[0]) for part in path.split(".")]
    return next((name for name in reversed(names) if name not in _WRAPPERS), "")
