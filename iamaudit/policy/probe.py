"""Contexts worth trying when a request is sought that two sets of policies decide differently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from iamaudit.model.policy import Condition
from iamaudit.policy.conditions import read_operator

PLACEHOLDER: Final = "witness"
"""Stands for a value that nothing speaks about; also the name of the user who asks."""

_MOST_VALUES = 8


def contexts_to_try(wanted: Sequence[Condition], *, against: Iterable[Condition]) -> list[dict[str, str | list[str]]]:
    """Return contexts in which *wanted* is likely to hold and one of *against* is not; guesses, to be checked."""
    most = max((len(condition.values) for condition in wanted), default=1)
    bases = [_context_for(wanted, number) for number in range(min(_MOST_VALUES, max(most, 1)))]
    refusals = [_context_for([condition], 0, negated=True) for condition in against]
    return bases + [{**refusal, **bases[0]} for refusal in refusals if refusal]


def _context_for(conditions: Iterable[Condition], number: int, *, negated: bool = False) -> dict[str, str | list[str]]:
    """Return for every condition its value of that *number*; of operators that are *negated*, or of those that are not."""
    context: dict[str, str | list[str]] = {}
    for condition in conditions:
        name = read_operator(condition.operator)
        if name is None or not condition.values:
            continue
        if name.operator is None:
            is_absent = (condition.values[0].lower() == "true") is not negated
            context[condition.key] = [] if is_absent else PLACEHOLDER
        elif name.operator.negated is negated:
            value = condition.values[min(number, len(condition.values) - 1)].replace("*", "x").replace("?", "x")
            is_network = "ipaddress" in condition.operator.lower()
            context[condition.key] = value.partition("/")[0] if is_network else value
    return context
