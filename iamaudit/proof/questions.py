"""Made-up names to ask policies about, where the logs leave a resource open."""

from __future__ import annotations

import re
from collections.abc import Iterable

from iamaudit.model.arn import parse_arn
from iamaudit.policy.inclusion import TooManyStatesError, resource_tokens, text_in_both, text_outside

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def name_in_both(open_resource: str, pattern: str, principal: str) -> str | None:
    """Return a name that fits the use's open resource and a statement's *pattern*, or None when there is none.

    `*` and `*` have `*` in common. `${aws:username}` is the principal's name, any other variable a made-up word.
    """
    if open_resource == "*" and pattern == "*":
        return "*"
    filled = _filled(pattern, principal)
    try:
        letters = text_in_both(resource_tokens(open_resource), resource_tokens(filled, variables=True))
    except TooManyStatesError:
        return re.sub(r"[*?]", "x", filled)
    return None if letters is None else "".join(letters)


def name_outside(open_resource: str, excluded: Iterable[str]) -> str | None:
    """Return a name that fits the use's open resource and none of the *excluded* patterns, or None."""
    bigs = tuple(resource_tokens(pattern, variables=True) for pattern in excluded)
    try:
        letters = text_outside(resource_tokens(open_resource), bigs)
    except TooManyStatesError:
        return re.sub(r"[*?]", "x", open_resource)
    return None if letters is None else "".join(letters)


def _filled(pattern: str, principal: str) -> str:
    arn = parse_arn(principal)
    name = arn.name if arn is not None else "x"

    def value(found: re.Match[str]) -> str:
        if found[1] in {"*", "?", "$"}:
            return found[0]
        return name if found[1].lower() == "aws:username" else "x"

    return _VARIABLE.sub(value, pattern)
