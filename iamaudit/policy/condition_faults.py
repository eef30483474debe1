"""The classic mistakes with conditions: those that hold when they should not, and those that never do."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterator

from iamaudit.model.policy import Condition, Effect, Statement
from iamaudit.policy.conditions import NUMBER, instant, read_operator
from iamaudit.policy.match import has_wildcard
from iamaudit.policy.variables import has_variable

_ALWAYS_THERE = frozenset(  # domain.md §3.4, global keys
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:userid",
        "aws:viaawsservice",
    }
)
_WITH_SEVERAL_VALUES = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    }
)
_MFA = "aws:multifactorauthpresent"


def condition_faults(statement: Statement, *, knows_variables: bool) -> Iterator[str]:
    """Yield the mistakes in a statement's conditions (domain.md §3.4; §8, row 16), each in words."""
    present = {c.key.lower() for c in statement.conditions if _asks_for_presence(c)}
    for condition in statement.conditions:
        name = read_operator(condition.operator)
        if name is None or name.operator is None:
            continue
        key, where = condition.key.lower(), f"`{condition.operator}` on `{condition.key}`"
        is_allow = statement.effect is Effect.ALLOW
        may_be_absent = key not in _ALWAYS_THERE | present
        holds_without = name.set_prefix == "forallvalues" or (
            name.operator.negated and name.set_prefix != "foranyvalue"
        )
        if is_allow and may_be_absent and holds_without:
            yield f"{where} also holds when the key is absent: add `Null` with `false`"
        if not is_allow and key == _MFA and not name.if_exists and "false" in {v.lower() for v in condition.values}:
            yield f"{where} does not hold for long-term keys, which have no such key: use `BoolIfExists`"
        if key in _WITH_SEVERAL_VALUES and not name.set_prefix:
            yield f"{where} compares one value, the key has several: write `ForAnyValue:` or `ForAllValues:` before it"
        if _is_exact(condition.operator) and any(has_wildcard(_without_variables(v)) for v in condition.values):
            yield f"{where} takes a wildcard as the character itself: use `{_like(condition.operator)}`"
        if any(map(has_variable, condition.values)) and not (knows_variables and name.operator.takes_variables):
            yield f"{where} takes a variable as plain text: write Version `2012-10-17` and an operator that takes them"
        if ":" not in key:
            yield f"{where} names a key without a service: write `aws:{condition.key}` or the service's own"


def never_holds(statement: Statement) -> Iterator[str]:
    """Yield why a statement's conditions can never hold, so that it does nothing."""
    absent = {c.key.lower() for c in statement.conditions if c.operator.lower() == "null" and _is_true(c)}
    for condition in statement.conditions:
        name = read_operator(condition.operator)
        where = f"`{condition.operator}` on `{condition.key}`"
        if name is None or name.operator is None or name.operator.negated:
            continue
        can_be_absent = name.if_exists or name.set_prefix == "forallvalues"
        if condition.key.lower() in absent and not can_be_absent:
            yield f"{where} never holds: `Null` demands that the key is absent"
        elif not can_be_absent and not any(_is_of_its_type(condition, value) for value in condition.values):
            yield f"{where} never holds: none of its values is of the operator's type"


def _asks_for_presence(condition: Condition) -> bool:
    """Return whether a condition does not hold when its key is absent."""
    name = read_operator(condition.operator)
    if name is None:
        return False
    if name.operator is None:
        return not _is_true(condition)
    return not name.operator.negated and not name.if_exists and name.set_prefix != "forallvalues"


def _is_true(condition: Condition) -> bool:
    return "true" in {value.lower() for value in condition.values}


def _is_exact(operator: str) -> bool:
    return "string" in operator.lower() and "equals" in operator.lower()


def _like(operator: str) -> str:
    return (
        operator.replace("NotEqualsIgnoreCase", "NotLike").replace("EqualsIgnoreCase", "Like").replace("Equals", "Like")
    )


def _without_variables(text: str) -> str:
    """Return a value without its `${…}`, whose stars are characters anyway."""
    while "${" in text and "}" in text.partition("${")[2]:
        before, _, rest = text.partition("${")
        text = before + rest.partition("}")[2]
    return text


def _is_of_its_type(condition: Condition, value: str) -> bool:
    lower = condition.operator.lower()
    return has_variable(value) or all(test(value) for word, test in _TYPES.items() if word in lower)


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_TYPES: dict[str, Callable[[str], bool]] = {
    "numeric": lambda value: NUMBER.fullmatch(value.strip()) is not None,
    "date": lambda value: instant(value) is not None,
    "bool": lambda value: value.lower() in {"true", "false"},
    "ipaddress": _is_network,
    "binary": _is_base64,
    "arn": lambda value: value == "*" or (value.startswith(("arn:", "*")) and value.count(":") >= 5),
}
