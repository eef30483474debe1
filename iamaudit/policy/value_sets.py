"""Which values of a key an operator takes, as sets: whether one lies inside another, and whether two are apart.

Sound in one direction only: True is a proof, False is "not shown". Patterns of text are compared as automata, numbers and
dates by their limits, networks as networks. A name that is exact is simply put to the other side's own test.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from iamaudit.policy.conditions import OPERATORS, Test
from iamaudit.policy.inclusion import (
    Token,
    Tokens,
    TooManyStatesError,
    glob_tokens,
    resource_tokens,
    text_in_both,
    text_outside,
)
from iamaudit.policy.match import has_wildcard, without_marks
from iamaudit.policy.variables import has_variable

_TEXT: Final = frozenset({"equal", "like", "arn"})
_FOLDED: Final = frozenset({"folded", "bool"})
_ORDERED: Final = frozenset({"eq", "lt", "le", "gt", "ge"})
_FAMILIES: Final = {  # operator without Not, set prefix and IfExists -> how its values are compared
    "stringequals": ("equal", ""),
    "stringequalsignorecase": ("folded", ""),
    "stringlike": ("like", ""),
    "numericequals": ("eq", "Numeric"),
    "numericlessthan": ("lt", "Numeric"),
    "numericlessthanequals": ("le", "Numeric"),
    "numericgreaterthan": ("gt", "Numeric"),
    "numericgreaterthanequals": ("ge", "Numeric"),
    "dateequals": ("eq", "Date"),
    "datelessthan": ("lt", "Date"),
    "datelessthanequals": ("le", "Date"),
    "dategreaterthan": ("gt", "Date"),
    "dategreaterthanequals": ("ge", "Date"),
    "bool": ("bool", ""),
    "binaryequals": ("bytes", ""),
    "ipaddress": ("network", ""),
    "arnequals": ("arn", ""),
    "arnlike": ("arn", ""),
}
_ARN_FIELDS: Final = 5  # colons
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_ESCAPES: Final = frozenset({"*", "?", "$"})
_MANY: Final = 64  # values on both sides, beyond which automata are not worth their time


@dataclass(frozen=True, slots=True)
class Pattern:
    """One value of a condition and how it is compared; `has_variable` means that nobody knows the text."""

    text: str
    family: str
    unit: str  # Numeric | Date, for what has limits
    test: Test
    has_variable: bool

    @property
    def is_exact(self) -> bool:
        """Whether the one value that it can take is its own text."""
        return not self.has_variable and (
            self.family == "equal" or (self.family in _TEXT and not has_wildcard(self.text))
        )


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The values that fit one of the patterns, or when *complement* all others, garbage included."""

    patterns: tuple[Pattern, ...]
    complement: bool = False


EVERYTHING: Final = ValueSet((), complement=True)
NOTHING: Final = ValueSet(())


def value_set(operator: str, values: tuple[str, ...], *, variables: bool) -> ValueSet | None:
    """Return the values that *operator* takes, named as OPERATORS has it; None when it is not known how they compare."""
    entry = OPERATORS[operator]
    family = _FAMILIES.get(operator.lower().replace("not", "", 1))
    if family is None:
        return None
    are_filled = variables and entry.takes_variables
    patterns = (Pattern(value, *family, entry.test, are_filled and has_variable(value)) for value in values)
    return ValueSet(tuple(dict.fromkeys(patterns)), entry.negated)


@lru_cache(maxsize=16_384)
def is_inside(few: ValueSet, many: ValueSet) -> bool:
    """Return whether every value of *few* is surely one of *many*."""
    try:
        if few.complement and many.complement:
            return _all_in(many.patterns, few.patterns)
        if many.complement:
            return _are_apart(few.patterns, many.patterns)
        if few.complement:
            return _is_everything((*few.patterns, *many.patterns))
        return _all_in(few.patterns, many.patterns)
    except TooManyStatesError:
        return False


def text_beyond(few: ValueSet, others: tuple[ValueSet, ...]) -> str | None:
    """Return a text that fits *few* and nothing of *others*, for somebody who looks for one; None is no proof."""
    union = tuple(tokens for many in others for one in many.patterns if (tokens := _least_tokens(one)) is not None)
    for pattern in () if few.complement else few.patterns:
        tokens = None if pattern.has_variable else _least_tokens(pattern)
        try:
            letters = None if tokens is None else text_outside(tokens, union)
        except TooManyStatesError:
            continue
        if letters is not None:
            return "".join(letters)
    return None


def _all_in(smalls: tuple[Pattern, ...], bigs: tuple[Pattern, ...]) -> bool:
    rest = [small for small in smalls if not any(_is_in(small, big) for big in bigs)]
    if not rest:
        return True
    if len(smalls) + len(bigs) > _MANY:
        return False
    union = tuple(tokens for big in bigs if (tokens := _least_tokens(big)) is not None)
    most = [_most_tokens(small) for small in rest]
    return all(tokens is not None and text_outside(tokens, union) is None for tokens in most)


def _is_in(small: Pattern, big: Pattern) -> bool:
    if _same(small, big):
        return True
    if small.is_exact and not big.has_variable:
        return big.test(big.text, without_marks(small.text))
    if small.has_variable or big.has_variable:
        return False
    if small.family in _FOLDED and big.family in _FOLDED:
        is_valid = big.family == "folded" or big.text.lower() in {"true", "false"}
        return is_valid and small.text.lower() == big.text.lower()
    if small.family in _ORDERED and big.family in _ORDERED and small.unit == big.unit:
        return _within_limits(small, big)
    if small.family == big.family == "bytes":
        return big.test(big.text, small.text)
    if small.family == big.family == "network":
        one, other = _network(small), _network(big)
        return one is None or (other is not None and one.version == other.version and _is_subnet(one, other))
    return False


def _are_apart(ones: tuple[Pattern, ...], others: tuple[Pattern, ...]) -> bool:
    if len(ones) * len(others) > _MANY * _MANY:
        return False
    return all(_is_apart(one, other) for one in ones for other in others)


def _is_apart(one: Pattern, other: Pattern) -> bool:
    for exact, second in ((one, other), (other, one)):
        if exact.is_exact and not second.has_variable:
            return not second.test(second.text, without_marks(exact.text))
    left, right = _most_tokens(one), _most_tokens(other)
    if left is not None and right is not None:
        return text_in_both(left, right) is None
    if one.has_variable or other.has_variable:
        return False
    if one.family in _FOLDED and other.family in _FOLDED:
        return one.text.lower() != other.text.lower()
    if one.family in _ORDERED and other.family in _ORDERED and one.unit == other.unit:
        return _limits_are_apart(one, other) or _limits_are_apart(other, one)
    if one.family == other.family == "bytes":
        return not one.test(one.text, other.text)
    if one.family == other.family == "network":
        left_net, right_net = _network(one), _network(other)
        return (
            left_net is None
            or right_net is None
            or left_net.version != right_net.version
            or not left_net.overlaps(right_net)
        )
    return False


def _is_everything(patterns: tuple[Pattern, ...]) -> bool:
    union = tuple(tokens for one in patterns if (tokens := _least_tokens(one)) is not None)
    return len(patterns) <= _MANY and text_outside((Token("run"),), union) is None


def _same(one: Pattern, other: Pattern) -> bool:
    return (one.text, one.family, one.unit, one.has_variable) == (
        other.text,
        other.family,
        other.unit,
        other.has_variable,
    )


def _least_tokens(pattern: Pattern) -> Tokens | None:
    """Return steps that lead to nothing but values of *pattern*, or None when it is no text."""
    if pattern.family == "equal":
        return _literal_tokens(pattern.text, variables=pattern.has_variable)
    if pattern.family == "like":
        return glob_tokens(pattern.text, variables=pattern.has_variable)
    is_arn = pattern.family == "arn" and pattern.text.startswith("arn:") and pattern.text.count(":") >= _ARN_FIELDS
    return resource_tokens(pattern.text) if is_arn and not pattern.has_variable else None


def _most_tokens(pattern: Pattern) -> Tokens | None:
    """Return steps that lead to all values of *pattern* and perhaps to more, or None when it is no text."""
    if pattern.family != "arn":
        return _least_tokens(pattern)
    if pattern.has_variable or pattern.text.count(":") < _ARN_FIELDS:
        return glob_tokens("arn:*:*:*:*:*")
    return resource_tokens(pattern.text)


def _literal_tokens(text: str, *, variables: bool) -> Tokens:
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        tokens += [Token("letter", letter) for letter in text[end : found.start()]]
        tokens.append(Token("letter", found[1] if found[1] in _ESCAPES else found[0]))
        end = found.end()
    return (*tokens, *(Token("letter", without_marks(letter)) for letter in text[end:]))


def _compare(unit: str, operator: str) -> Callable[[str, str], bool]:
    """Return a test of two limits: `_compare("Date", "LessThan")(a, b)` says that a is before b."""
    test = OPERATORS[f"{unit}{operator}"].test
    return lambda one, other: test(other, one)


def _within_limits(small: Pattern, big: Pattern) -> bool:
    """Return whether what is below (above) one limit, or is it, is below (above) another."""
    if small.family == "eq":
        return big.test(big.text, small.text)
    is_upper = small.family in {"lt", "le"}
    if is_upper is not (big.family in {"lt", "le"}) or big.family == "eq":
        return False
    is_strict = len(small.family) == len("le") and small.family[1] == "e" and big.family[1] == "t"
    operator = f"{'Less' if is_upper else 'Greater'}Than{'' if is_strict else 'Equals'}"
    return _compare(small.unit, operator)(small.text, big.text)


def _limits_are_apart(one: Pattern, other: Pattern) -> bool:
    if one.family == "eq":
        return not other.test(other.text, one.text)
    if one.family not in {"lt", "le"} or other.family not in {"gt", "ge"}:
        return False
    operator = "LessThan" if (one.family, other.family) == ("le", "ge") else "LessThanEquals"
    return _compare(one.unit, operator)(one.text, other.text)


def _network(pattern: Pattern) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(pattern.text, strict=False)
    except ValueError:
        return None


def _is_subnet(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network, other: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    return one.prefixlen >= other.prefixlen and one.network_address in other
