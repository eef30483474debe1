"""Where a value stands in a record: the path a reader follows to check it by eye."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from iamaudit.knowledge.events import fold

_DEPTH = 12
_LEAST = 3  # a shorter text is part of too much to tell anything


def leaves(node: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every text and number below *node*; paths begin with *path*, as `request.list[0].name`."""
    if depth > _DEPTH:
        return
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from leaves(value, f"{path}.{name}", depth + 1)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from leaves(value, f"{path}[{place}]", depth + 1)
    elif isinstance(node, str):
        if node:
            yield path, node
    elif isinstance(node, bool):
        yield path, "true" if node else "false"
    elif isinstance(node, (int, float)):
        yield path, str(node)


def place_of(value: str, node: Any, path: str, *, names: Collection[str] = ()) -> str | None:
    """Return the path of the leaf that is *value*, else of one that holds it or is held in it; None when none does.

    A leaf under one of the folded *names* goes before others.
    """
    found = sorted(leaves(node, path), key=lambda leaf: _last_name(leaf[0]) not in names)
    for is_it in (_is, _holds, _is_in):
        for place, text in found:
            if is_it(text, value):
                return place
    return None


def _is(text: str, value: str) -> bool:
    return text == value


def _holds(text: str, value: str) -> bool:
    return len(value) >= _LEAST and value in text


def _is_in(text: str, value: str) -> bool:
    return len(text) >= _LEAST and text in value


def _last_name(path: str) -> str:
    names = [fold(part.partition("[")[0]) for part in path.split(".")]
    wrappers = {"items", "item", "member", "content", "value", "values"}
    return next((name for name in reversed(names) if name not in wrappers), "")
