"""Conditions: one table of operators, and a block's answer of true, false or unknown."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from iamaudit.model.policy import Condition
from iamaudit.policy.context import Context
from iamaudit.policy.match import arn_matches, glob_matches, without_marks
from iamaudit.policy.variables import Substituted, has_variable, substitute

Ternary = bool | None
"""True, False, or None for unknown."""

Test = Callable[[str, str], bool]
"""(policy's pattern, request's value) -> whether they fit; values of the wrong type do not."""

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_MONTH = re.compile(r"\d{4}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _equal(pattern: str, value: str) -> bool:
    return without_marks(pattern) == value


def _equal_in_any_case(pattern: str, value: str) -> bool:
    return without_marks(pattern).lower() == value.lower()


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(pattern: str, value: str) -> bool:
        if not NUMBER.fullmatch(pattern.strip()) or not NUMBER.fullmatch(value.strip()):
            return False
        return compare(Decimal(value.strip()), Decimal(pattern.strip()))

    return test


def _instants(compare: Callable[[datetime, datetime], bool]) -> Test:
    def test(pattern: str, value: str) -> bool:
        limit, moment = instant(pattern), instant(value)
        return limit is not None and moment is not None and compare(moment, limit)

    return test


def instant(text: str) -> datetime | None:
    """Return an ISO 8601 text or epoch seconds as an instant; a text without a zone is UTC."""
    try:
        if NUMBER.fullmatch(text):
            return _EPOCH + timedelta(seconds=float(text))
        found = datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _same_truth(pattern: str, value: str) -> bool:
    return pattern.lower() in {"true", "false"} and pattern.lower() == value.lower()


def _same_bytes(pattern: str, value: str) -> bool:
    try:
        return base64.b64decode(pattern, validate=True) == base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False


def _in_network(pattern: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Operator:
    """How one operator compares; a negated one holds when its test fails for every value of the policy."""

    test: Test
    negated: bool = False
    takes_variables: bool = False


OPERATORS: dict[str, Operator] = {  # domain.md §3.4
    "StringEquals": Operator(_equal, takes_variables=True),
    "StringNotEquals": Operator(_equal, negated=True, takes_variables=True),
    "StringEqualsIgnoreCase": Operator(_equal_in_any_case, takes_variables=True),
    "StringNotEqualsIgnoreCase": Operator(_equal_in_any_case, negated=True, takes_variables=True),
    "StringLike": Operator(glob_matches, takes_variables=True),
    "StringNotLike": Operator(glob_matches, negated=True, takes_variables=True),
    "NumericEquals": Operator(_numbers(operator.eq)),
    "NumericNotEquals": Operator(_numbers(operator.eq), negated=True),
    "NumericLessThan": Operator(_numbers(operator.lt)),
    "NumericLessThanEquals": Operator(_numbers(operator.le)),
    "NumericGreaterThan": Operator(_numbers(operator.gt)),
    "NumericGreaterThanEquals": Operator(_numbers(operator.ge)),
    "DateEquals": Operator(_instants(operator.eq)),
    "DateNotEquals": Operator(_instants(operator.eq), negated=True),
    "DateLessThan": Operator(_instants(operator.lt)),
    "DateLessThanEquals": Operator(_instants(operator.le)),
    "DateGreaterThan": Operator(_instants(operator.gt)),
    "DateGreaterThanEquals": Operator(_instants(operator.ge)),
    "Bool": Operator(_same_truth, takes_variables=True),
    "BinaryEquals": Operator(_same_bytes),
    "IpAddress": Operator(_in_network),
    "NotIpAddress": Operator(_in_network, negated=True),
    "ArnEquals": Operator(arn_matches, takes_variables=True),
    "ArnLike": Operator(arn_matches, takes_variables=True),
    "ArnNotEquals": Operator(arn_matches, negated=True, takes_variables=True),
    "ArnNotLike": Operator(arn_matches, negated=True, takes_variables=True),
}


@dataclass(frozen=True, slots=True)
class OperatorName:
    """An operator as written: `ForAllValues:StringLikeIfExists`; `operator` is None for Null."""

    operator: Operator | None
    set_prefix: str = ""  # forallvalues | foranyvalue
    if_exists: bool = False


_BY_LOWER_NAME = {name.lower(): entry for name, entry in OPERATORS.items()}
_NULL = OperatorName(None)


@lru_cache(maxsize=1024)
def read_operator(name: str) -> OperatorName | None:
    """Return what an operator's name means, in any case, or None when there is no such operator."""
    lower = name.lower()
    if lower == "null":
        return _NULL
    set_prefix, colon, base = lower.rpartition(":")
    if colon and set_prefix not in {"forallvalues", "foranyvalue"}:
        return None
    if_exists = base.endswith("ifexists")
    entry = _BY_LOWER_NAME.get(base.removesuffix("ifexists"))
    return None if entry is None else OperatorName(entry, set_prefix, if_exists)


def condition_holds(condition: Condition, context: Context, *, variables: bool) -> Ternary:
    """Return whether one key under one operator holds; None when it hangs on a value nobody knows.

    *variables* says that the policy's version knows `${…}`. Absent keys, several values, negation and wrong types
    follow the table of domain.md §3.4; an operator that does not exist holds never.
    """
    name = read_operator(condition.operator)
    if name is None:
        return False
    values = context.values(condition.key)
    if values is None:
        return None
    if name.operator is None:
        return ("true" if not values else "false") in {value.lower() for value in condition.values}
    if name.if_exists and not values:
        return True
    patterns = _patterns(condition, context, variables=variables and name.operator.takes_variables)
    fits = [_fits(name.operator, patterns, value) for value in values]
    if name.set_prefix == "forallvalues":
        return all_of(fits)
    if name.set_prefix == "foranyvalue":
        return any_of(fits)
    return fits[0] if len(fits) == 1 else name.operator.negated


def conditions_hold(
    conditions: Iterable[Condition], context: Context, *, variables: bool
) -> tuple[Ternary, tuple[Condition, ...]]:
    """Return whether a whole block holds, and the conditions that are to blame when it does not or is unknown."""
    failed: list[Condition] = []
    unknown: list[Condition] = []
    for condition in conditions:
        holds = condition_holds(condition, context, variables=variables)
        if holds is None:
            unknown.append(condition)
        elif not holds:
            failed.append(condition)
    if failed:
        return False, tuple(failed)
    if unknown:
        return None, tuple(unknown)
    return True, ()


def unknown_keys(condition: Condition, context: Context) -> tuple[str, ...]:
    """Return the keys that *condition* would have to know: its own, or those of its variables."""
    if context.values(condition.key) is None:
        return (condition.key,)
    keys = (key for value in condition.values for key in substitute(value, context).unknown)
    return tuple(dict.fromkeys(keys))


def any_of(answers: Iterable[Ternary]) -> Ternary:
    """Return the OR of three-valued answers."""
    result: Ternary = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            result = None
    return result


def all_of(answers: Iterable[Ternary]) -> Ternary:
    """Return the AND of three-valued answers."""
    return _not(any_of(_not(answer) for answer in answers))


def _not(answer: Ternary) -> Ternary:
    return None if answer is None else not answer


def _patterns(condition: Condition, context: Context, *, variables: bool) -> list[Substituted]:
    if not variables:
        return [Substituted(value) for value in condition.values]
    return [substitute(v, context) if has_variable(v) else Substituted(v) for v in condition.values]


def _fits(entry: Operator, patterns: Iterable[Substituted], value: str) -> Ternary:
    answer = any_of(_fits_one(entry, pattern, value) for pattern in patterns)
    return _not(answer) if entry.negated else answer


def _fits_one(entry: Operator, pattern: Substituted, value: str) -> Ternary:
    if pattern.text is None:
        return None if pattern.unknown else False  # a variable without a value equals nothing
    return entry.test(pattern.text, value)
