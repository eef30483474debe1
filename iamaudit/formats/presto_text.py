"""Maps and lists as Presto prints them, `{type=Root, arn=…}`: what CloudTrail Lake and Athena put into a CSV cell."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_NAME = re.compile(r"[\w.:/-]{1,200}=")
_DEEPEST = 20


def parsed_text(value: Any) -> Any:
    """Return the value that a text stands for when it is JSON or Presto's print of a map or list, else the text.

    Presto quotes nothing: a value that itself holds `, name=` cannot be told from two. What does not come out evenly
    stays the text it was.
    """
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return _parsed(value, 0)
    except ValueError:
        return value


def _parsed(text: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if text[:1] == "{" and text[-1:] == "}" and len(text) > 1:
        found = {}
        for part in _parts(text[1:-1]):
            name, equals, value = part.partition("=")
            if not equals or name in found:
                raise ValueError("not a map")
            found[name] = _parsed(value, depth + 1)
        return {name: value for name, value in found.items() if value != "null"}
    if text[:1] == "[" and text[-1:] == "]" and len(text) > 1:
        return [_parsed(part, depth + 1) for part in _parts(text[1:-1])]
    return text


def _parts(text: str) -> list[str]:
    """Cut at the commas outside of all brackets; in a map only where a name follows."""
    parts: list[str] = []
    depth = begin = 0
    is_map = _NAME.match(text) is not None
    for at, mark in enumerate(text):
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth < 0:
                raise ValueError("a bracket too many")
        elif mark == "," and not depth and text[at : at + 2] == ", " and (not is_map or _NAME.match(text, at + 2)):
            parts.append(text[begin:at])
            begin = at + 2
    if depth:
        raise ValueError("a bracket is missing")
    return [*parts, text[begin:]] if text else []
