"""Contexts worth trying when a request is sought that two sets of policies decide differently."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from iamaudit.model.policy import Condition
from iamaudit.policy.conditions import read_operator
from iamaudit.policy.implication import fact_of
from iamaudit.policy.value_sets import text_beyond

PLACEHOLDER: Final = "witness"
"""Stands for a value that nothing speaks about; also the name of the user who asks."""

_MOST_VALUES = 8
_A_LITTLE: Final = Decimal("0.001")


def contexts_to_try(wanted: Sequence[Condition], *, against: Iterable[Condition]) -> list[dict[str, str | list[str]]]:
    """Return contexts in which *wanted* is likely to hold and one of *against* is not; guesses, to be checked."""
    rivals = tuple(against)
    choices = [(condition, list(dict.fromkeys(_values(condition, rivals)))) for condition in wanted]
    most = max((len(values) for _, values in choices), default=1)
    bases = [_context_for(choices, number) for number in range(min(_MOST_VALUES, max(most, 1)))]
    refusals = [_context_for([(one, list(_simple_values(one)))], 0, negated=True) for one in rivals]
    return bases + [{**refusal, **bases[0]} for refusal in refusals if refusal]


def _context_for(
    choices: Iterable[tuple[Condition, list[str]]], number: int, *, negated: bool = False
) -> dict[str, str | list[str]]:
    """Return for every condition its value of that *number*; of operators that are *negated*, or of those that are not."""
    context: dict[str, str | list[str]] = {}
    for condition, values in choices:
        name = read_operator(condition.operator)
        if name is None or not condition.values:
            continue
        if name.operator is None:
            is_absent = (condition.values[0].lower() == "true") is not negated
            context[condition.key] = [] if is_absent else PLACEHOLDER
        elif name.operator.negated is negated and values:
            context[condition.key] = values[min(number, len(values) - 1)]
    return context


def _values(condition: Condition, rivals: Iterable[Condition]) -> Iterator[str]:
    """Yield values that fit *condition*, first one that fits none of *rivals* about the same key."""
    fact = fact_of(condition, variables=False)
    others = [fact_of(one, variables=False) for one in rivals if one.key.lower() == condition.key.lower()]
    sets = tuple(one.values for one in others if one is not None and not one.values.complement)
    beyond = None if fact is None else text_beyond(fact.values, sets)
    if beyond is not None:
        yield beyond
    yield from _simple_values(condition)


def _simple_values(condition: Condition) -> Iterator[str]:
    """Yield the edges of what *condition* takes: where two conditions differ, they differ at an edge of one of them."""
    operator = condition.operator.lower()
    for value in condition.values:
        if "ipaddress" in operator:
            yield from _edges_of_network(value)
        elif "lessthan" in operator or "greaterthan" in operator:
            yield _beside(value, _A_LITTLE if "greater" in operator else -_A_LITTLE)
            yield value
        else:
            yield value.replace("*", "x").replace("?", "x")


def _edges_of_network(text: str) -> Iterator[str]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        yield text.partition("/")[0]
        return
    yield str(network.network_address)
    yield str(network.broadcast_address)


def _beside(text: str, distance: Decimal) -> str:
    """Return a number or an instant a little above or below *text*."""
    try:
        return str(Decimal(text.strip()) + distance)
    except InvalidOperation:
        pass
    try:
        return (datetime.fromisoformat(text) + timedelta(seconds=float(distance))).isoformat()
    except (ValueError, OverflowError):
        return text
