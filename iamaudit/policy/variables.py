"""Policy variables: `${aws:username}` and its relatives, put into a pattern as literal text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from iamaudit.policy.context import Context
from iamaudit.policy.match import as_literal

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_KEY_AND_DEFAULT = re.compile(r"\s*([^,]*?)\s*(?:,\s*'(.*)'\s*)?", re.DOTALL)
_ESCAPES = frozenset({"*", "?", "$"})


@dataclass(frozen=True, slots=True)
class Substituted:
    """A pattern with its variables filled in; `text` is None when one has no value or its value is unknown."""

    text: str | None
    unknown: tuple[str, ...] = ()


def has_variable(text: str) -> bool:
    """Return whether *text* holds a `${…}`."""
    return "${" in text


def substitute(text: str, context: Context) -> Substituted:
    """Fill in the variables of *text* (domain.md §3.3).

    What is filled in is literal: a `*` in a tag's value is no wildcard. `${*}`, `${?}` and `${$}` are the characters
    themselves. Only keys with exactly one value can be used. An absent key gives its default, or no text at all.
    """
    pieces: list[str] = []
    unknown: list[str] = []
    is_missing = False
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces.append(text[end : found.start()])
        end = found.end()
        if found[1] in _ESCAPES:
            pieces.append(as_literal(found[1]))
            continue
        parts = _KEY_AND_DEFAULT.fullmatch(found[1])
        key, default = (parts[1], parts[2]) if parts else (found[1], None)
        values = context.values(key)
        if values is None:
            unknown.append(key)
        elif len(values) == 1:
            pieces.append(as_literal(values[0]))
        elif not values and default is not None:
            pieces.append(as_literal(default))
        else:
            is_missing = True
    if is_missing:
        return Substituted(None)
    if unknown:
        return Substituted(None, tuple(unknown))
    return Substituted("".join([*pieces, text[end:]]))


def substitute_resource(pattern: str, context: Context) -> Substituted:
    """Fill in the variables of a Resource pattern: only what follows its fifth colon may hold any."""
    fields = pattern.split(":", 5)
    if len(fields) < 6:
        return Substituted(pattern)
    filled = substitute(fields[5], context)
    if filled.text is None:
        return filled
    return Substituted(":".join([*fields[:5], filled.text]))
