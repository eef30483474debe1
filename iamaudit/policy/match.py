"""Whether an action or a resource fits a pattern of a policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# A `*` or `?` that came out of a variable or an escape is a plain character. It travels through the patterns as one
# of two code points that Unicode reserves for exactly such internal use, so that patterns stay strings.
LITERAL_STAR = "\ufdd0"
LITERAL_QUESTION_MARK = "\ufdd1"
_TO_LITERAL = str.maketrans({"*": LITERAL_STAR, "?": LITERAL_QUESTION_MARK})
_FROM_LITERAL = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION_MARK: "?"})

_ANYTHING = "."
_NOT_A_COLON = "[^:]"
_STARS = re.compile(r"\*+")


def as_literal(text: str) -> str:
    """Return a pattern that matches *text* and nothing else."""
    return text.translate(_TO_LITERAL)


def without_marks(pattern: str) -> str:
    """Return the plain text of a pattern whose wildcards are all literal ones; for operators without wildcards."""
    return pattern.translate(_FROM_LITERAL)


def has_wildcard(pattern: str) -> bool:
    """Return whether *pattern* holds a `*` or `?` that is a wildcard."""
    return "*" in pattern or "?" in pattern


def glob_matches(pattern: str, text: str) -> bool:
    """Return whether the whole *text* fits *pattern*: `*` is any run, also an empty one, `?` one character.

    Case-sensitive; wildcards cross every character, `/` and `:` included.
    """
    return _glob(pattern).fullmatch(text) is not None


def action_matches(pattern: str, action: str) -> bool:
    """Return whether `prefix:Name` fits *pattern*, in any case; `*` and `*:*` fit everything (domain.md §3.3)."""
    return _glob(pattern.lower()).fullmatch(action.lower()) is not None


def any_action_matches(patterns: Sequence[str], action: str) -> bool:
    """Return what `action_matches` says of any of *patterns*; give the same tuple again, it is looked through once."""
    names, others = _parted(tuple(patterns))
    lowered = action.lower()
    return lowered in names or any(_glob(one).fullmatch(lowered) is not None for one in others)


def resource_matches(pattern: str, resource: str, *, pad_short: bool) -> bool:
    """Return whether *resource* fits a Resource pattern (domain.md §3.3). Case-sensitive.

    The first five fields are compared one by one, so their wildcards do not cross a colon; in the rest they do. A
    pattern with fewer than six fields is filled up with `*` when *pad_short* (identity, session and boundary
    policies), otherwise only when it holds a wildcard; if not, it fits nothing. A request without a resource asks
    for `*`, which only a pattern fits that matches this one character.
    """
    if resource == "*":
        return glob_matches(pattern, "*")
    compiled = _resource(pattern, pad_short)
    return compiled is not None and compiled.fullmatch(resource) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Return whether *arn* fits the pattern of an Arn… condition: six fields, one by one (domain.md §3.4)."""
    if arn.count(":") < 5 or not arn.startswith("arn:"):
        return False
    if pattern != "*" and pattern.count(":") < 5:
        return False
    compiled = _resource(pattern, pad_short=True)
    return compiled is not None and compiled.fullmatch(arn) is not None


def fields_of(pattern: str, *, pad_short: bool) -> tuple[str, ...] | None:
    """Return the six fields of a Resource pattern, a short one filled up, or None when it can fit no ARN."""
    fields = pattern.split(":", 5)
    if len(fields) < 6:
        if not pad_short and not has_wildcard(pattern):
            return None
        fields += ["*"] * (6 - len(fields))
    return tuple(fields)


def is_everything(pattern: str) -> bool:
    """Return whether *pattern* is one or more `*` and nothing else."""
    return pattern != "" and not pattern.strip("*")


def resource_expression(pattern: str, *, pad_short: bool) -> str | None:
    """Return the regular expression of a Resource pattern for every resource but `*`, or None when nothing fits it."""
    if is_everything(pattern):
        return ".*"
    fields = fields_of(pattern, pad_short=pad_short)
    if fields is None:
        return None
    parts = [_regex(field, _NOT_A_COLON) for field in fields[:5]]
    return ":".join([*parts, _regex(fields[5], _ANYTHING)])


@lru_cache(maxsize=1_024)  # each may hold thousands of names
def _parted(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names among *patterns*, and those that hold a wildcard; all in lower case."""
    lowered = [pattern.lower() for pattern in patterns]
    names = frozenset(without_marks(one) for one in lowered if not has_wildcard(one))
    return names, tuple(one for one in lowered if has_wildcard(one))


@lru_cache(maxsize=16_384)  # some kilobytes each
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(_regex(pattern, _ANYTHING), re.DOTALL)


@lru_cache(maxsize=16_384)
def _resource(pattern: str, pad_short: bool) -> re.Pattern[str] | None:  # noqa: FBT001 - private, and a cache key
    expression = resource_expression(pattern, pad_short=pad_short)
    return None if expression is None else re.compile(expression, re.DOTALL)


def _regex(pattern: str, any_character: str) -> str:
    """Return a regular expression that never backtracks over more than one star.

    A piece between two stars may be taken at its earliest place, hence the atomic groups: a pattern with twenty
    stars is as quick as one with two.
    """
    pieces = ["".join(_character(c, any_character) for c in piece) for piece in _STARS.split(pattern)]
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>{any_character}*?{piece})" for piece in pieces[1:-1])
    return f"{pieces[0]}{middle}{any_character}*{pieces[-1]}"


def _character(character: str, any_character: str) -> str:
    if character == "?":
        return any_character
    return re.escape(without_marks(character))
