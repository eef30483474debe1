"""Wildcard patterns of a Resource element: is one inside another, do two share a name, how a name is written literally.

`inside` errs towards no and `overlaps` towards yes, so that what is built on them never adds access and never drops
a grant that may have mattered (domain.md §3.3: wildcards, variables and per-segment matching).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"\$\{([^}]*)\}|(.)", re.DOTALL)
_ANY: Final = "\x00*"
_ONE: Final = "\x00?"
_ANSWERS_TO_REMEMBER: Final = 65_536


def literal(name: str) -> str:
    """Write an observed *name* so that a 2012-10-17 policy matches it and nothing else (domain.md §2.6).

    Characters that no policy may hold (outside TAB, LF, CR, U+0020-U+00FF: domain.md §4) become `*`.
    """
    escaped = re.sub(r"[*?$]", lambda found: "${" + found.group() + "}", name)
    return re.sub(r"[^\t\n\r\x20-\xff]+", "*", escaped)


@lru_cache(maxsize=_ANSWERS_TO_REMEMBER)
def has_variable(pattern: str) -> bool:
    """Whether *pattern* holds a policy variable: `${aws:username}`, but not the escapes `${*}`, `${?}`, `${$}`."""
    if "${" not in pattern:
        return False
    return any(found not in {"*", "?", "$"} for found in re.findall(r"\$\{([^}]*)\}", pattern))


@lru_cache(maxsize=_ANSWERS_TO_REMEMBER)
def has_wildcard(pattern: str) -> bool:
    """Whether *pattern* can match more than one name."""
    return any(token in {_ANY, _ONE} for token in _tokens(pattern))


@lru_cache(maxsize=_ANSWERS_TO_REMEMBER)
def inside(inner: str, outer: str) -> bool:
    """Whether *outer* matches everything that *inner* matches; False also when that is not certain.

    Both are patterns of a 2012-10-17 policy. A variable stands only for itself: it is inside the same text or `*`.
    """
    if outer in {"*", inner}:
        return True
    if has_variable(inner) or has_variable(outer):
        return False
    inner_parts, outer_parts = inner.split(":", 5), outer.split(":", 5)
    if len(inner_parts) != 6 or len(outer_parts) != 6:
        return False
    start = outer.rstrip("*")
    if start.count(":") >= 5 and not set("*?$") & set(start):  # nothing but stars at the end: no walk needed
        return inner.startswith(start) if start != outer else inner == outer
    return all(_covers(_tokens(b), _tokens(a)) for a, b in zip(inner_parts, outer_parts, strict=True))


@lru_cache(maxsize=_ANSWERS_TO_REMEMBER)
def overlaps(one: str, other: str) -> bool:
    """Whether some name can match both; True also when that is not certain (variables, short ARNs)."""
    if _is_short(one) or _is_short(other):
        return True
    return _meet(_tokens(one), _tokens(other))


def _is_short(pattern: str) -> bool:
    """Short ARNs are padded with `*` segments by AWS (domain.md §3.3)."""
    return pattern.count(":") < 5


@lru_cache(maxsize=_ANSWERS_TO_REMEMBER)
def _tokens(pattern: str) -> tuple[str, ...]:
    """Return characters and wildcard marks; a variable may be any text."""
    tokens: list[str] = []
    for variable, character in _TOKEN.findall(pattern):
        if variable:
            tokens.append(variable if variable in {"*", "?", "$"} else _ANY)
        elif character == "*":
            tokens.append(_ANY)
        elif character == "?":
            tokens.append(_ONE)
        else:
            tokens.append(character)
    return tuple(tokens)


def _covers(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    """Match *inner* as a text in which a wildcard is a letter of its own that only a wider wildcard matches."""
    states = _closure({0}, outer)
    for letter in inner:
        following: set[int] = set()
        for state in states:
            if state == len(outer):
                continue
            expected = outer[state]
            if expected == _ANY:
                following.add(state)
            elif expected == letter or (expected == _ONE and letter != _ANY):
                following.add(state + 1)
        states = _closure(following, outer)
    return len(outer) in states


def _closure(states: set[int], pattern: tuple[str, ...]) -> set[int]:
    """Add the states reachable by letting a `*` match nothing."""
    reached = set(states)
    for state in states:
        position = state
        while position < len(pattern) and pattern[position] == _ANY:
            position += 1
            reached.add(position)
    return reached


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two token sequences share a text: walk both at once."""
    frontier, seen = [(0, 0)], {(0, 0)}
    while frontier:
        left, right = frontier.pop()
        if left == len(one) and right == len(other):
            return True
        steps: list[tuple[int, int]] = []
        left_token = one[left] if left < len(one) else None
        right_token = other[right] if right < len(other) else None
        if left_token == _ANY:
            steps.append((left + 1, right))
            if right_token is not None:
                steps.append((left, right + 1))
        if right_token == _ANY:
            steps.append((left, right + 1))
            if left_token is not None:
                steps.append((left + 1, right))
        if (
            left_token is not None
            and right_token is not None
            and _ANY not in {left_token, right_token}
            and (left_token == right_token or _ONE in {left_token, right_token})
        ):
            steps.append((left + 1, right + 1))
        for step in steps:
            if step not in seen:
                seen.add(step)
                frontier.append(step)
    return False
