"""A request's parameters, folded and flattened so that a name is found whatever its case and nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from iamaudit.knowledge.events import Atom, fold

MASK = "HIDDEN_DUE_TO_SECURITY_REASONS"
_WRAPPERS = frozenset({"items", "item", "member", "content", "set", "list", "value", "values"})
# what is inside these names other things than the resource that is acted on
_ASIDE = ("tag", "filter", "policy", "document", "condition")
# names of the resource itself, or a policy that is one
_NOT_ASIDE = ("arn", "arns", "id", "ids", "name", "names", "firewallpolicy")
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Parameters:
    """Folded name -> values, shallowest first; `top` are names at the top, `names` every name, `aside` included."""

    values: Mapping[str, tuple[tuple[int, str], ...]]
    top: Mapping[str, str]
    names: frozenset[str]
    raw: Mapping[str, Any]

    def first(self, name: str) -> str | None:
        """Return the shallowest value under a folded *name*."""
        found = self.values.get(name)
        return found[0][1] if found else None

    def every(self, name: str, *, all_depths: bool = False) -> tuple[str, ...]:
        """Return the values under a folded *name* at the shallowest depth that has one, or at every depth."""
        found = self.values.get(name, ())
        if not found:
            return ()
        depth = found[0][0]
        return tuple(dict.fromkeys(text for at, text in found if all_depths or at == depth))

    def inside(self, path: str) -> tuple[str, ...]:
        """Return the values of a folded `outer.inner`: what objects called `outer`, or lists of them, hold as `inner`."""
        outer, _, inner = path.partition(".")
        if outer not in self.names or inner not in self.names:
            return ()
        objects = [value for name, value in entries_in(self.raw) if name == outer]
        inners = [one for value in objects for one in (value if isinstance(value, list) else [value])]
        return tuple(dict.fromkeys(text for one in inners for text in parameters_of(one).every(inner)))

    def holds(self, atom: Atom) -> bool:
        """Say whether one test of a `when` condition holds."""
        if atom.test == "there":
            return atom.key in self.names
        if atom.test == "absent":
            return atom.key not in self.names
        if atom.test == "!~":
            return any(atom.text not in members for members in objects_in(self.raw, atom.key))
        found = [text.lower() for _, text in self.values.get(atom.key, ())]
        if atom.test == "=":
            return atom.text in found
        if atom.test == "!=":
            return atom.text not in found
        if atom.test == "^=":
            return any(text.lstrip(" (\n\t").startswith(atom.text) for text in found)
        is_inside = any(atom.text in text for text in found)
        return is_inside if atom.test == "*=" else not is_inside


EMPTY = Parameters({}, {}, frozenset(), {})


def parameters_of(request: Any) -> Parameters:
    """Flatten requestParameters (or responseElements); anything but an object has no parameters."""
    if not request or not isinstance(request, (dict, Mapping)):
        return EMPTY
    values: dict[str, list[tuple[int, str]]] = {}
    names: set[str] = set()
    _walk(request, "", 1, values, names, is_aside=False)
    for found in values.values():
        if len(found) > 1:
            found.sort()
    top = {
        fold(str(key)): str(request[key])
        for key in sorted(request, key=str)
        if isinstance(request[key], (str, int)) and request[key] != MASK
    }
    return Parameters({key: tuple(found) for key, found in values.items()}, top, frozenset(names), request)


def _walk(
    node: Any, name: str, depth: int, values: dict[str, list[tuple[int, str]]], names: set[str], *, is_aside: bool
) -> None:
    if depth > _DEPTH:
        return
    if isinstance(node, (dict, Mapping)):  # dict first: an abstract class is asked slowly
        for key, value in node.items():
            if value is None or value in ("", {}, []):
                continue
            folded = fold(str(key))
            if folded in _WRAPPERS and name:
                _walk(value, name, depth, values, names, is_aside=is_aside)
                continue
            names.add(folded)
            if isinstance(value, str):  # most of them: without another call
                if not is_aside and value != MASK:
                    values.setdefault(folded, []).append((depth, value))
                continue
            inner = is_aside or (not isinstance(value, (int, float)) and _is_aside(folded))
            _walk(value, folded, depth + (not isinstance(value, (int, float))), values, names, is_aside=inner)
    elif isinstance(node, list):
        for value in node:
            _walk(value, name, depth, values, names, is_aside=is_aside)
    elif isinstance(node, str):
        if not is_aside and node and node != MASK:
            values.setdefault(name, []).append((depth, node))
    elif isinstance(node, bool):
        values.setdefault(name, []).append((depth, "true" if node else "false"))
    elif isinstance(node, (int, float)) and not is_aside:
        values.setdefault(name, []).append((depth, str(node)))


@lru_cache(maxsize=65536)
def _is_aside(folded: str) -> bool:
    return any(word in folded for word in _ASIDE) and not folded.endswith(_NOT_ASIDE)


def entries_in(node: Any, depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Yield (folded name, value) of every object in a request, outer before inner, by name, to a bounded depth."""
    if depth > _DEPTH:
        return
    if isinstance(node, Mapping):
        for key in sorted(node, key=str):
            yield fold(str(key)), node[key]
            yield from entries_in(node[key], depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from entries_in(value, depth + 1)


def objects_in(request: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects under a folded *name*, alone or in lists, with folded members; those that are empty left out."""
    for key, value in entries_in(request):
        if key == name:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Mapping):
                    yield {fold(str(part)): inner for part, inner in one.items() if inner not in (None, "", {}, [])}


def arns_in(parameters: Parameters) -> Iterator[str]:
    """Yield every value that is an ARN, in a stable order of names."""
    for name in sorted(parameters.values):
        for _, text in parameters.values[name]:
            if text.startswith("arn:"):
                yield text
