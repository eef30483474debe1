"""Statements that another statement of their policy makes superfluous: all of theirs it says too, or denies."""

from __future__ import annotations

from collections.abc import Iterator

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.match import action_matches, is_everything, resource_matches


def shadow_of(policy: Policy, number: int, statement: Statement) -> Iterator[str]:
    """Yield what makes statement *number* of *policy* do nothing: at most one sentence.

    Sound, not complete: only statements are compared of which each pattern is covered by one pattern of the other.
    """
    for other_number, other in enumerate(policy.statements, 1):
        if other_number == number or not _covers(other, statement):
            continue
        if other.effect is Effect.DENY and statement.effect is Effect.ALLOW:
            yield f"allows nothing: statement {other_number} denies all of it"
            return
        is_twin = _covers(statement, other)
        if other.effect is statement.effect and (not is_twin or other_number < number):
            yield f"adds nothing: statement {other_number} says all of it"
            return


def _covers(big: Statement, small: Statement) -> bool:
    if big.not_actions or small.not_actions or big.not_resources or small.not_resources:
        return False
    if big.principals != small.principals or big.not_principals != small.not_principals:
        return False
    if not set(big.conditions) <= set(small.conditions):
        return False
    return all(any(_action_in(a, b) for b in big.actions) for a in small.actions) and all(
        any(_resource_in(r, b) for b in big.resources) for r in small.resources
    )


def _action_in(small: str, big: str) -> bool:
    # a pattern with `*` only, which fits the other as a text, fits all that the other fits
    return small.lower() == big.lower() or ("?" not in big and action_matches(big, small))


def _resource_in(small: str, big: str) -> bool:
    if small == big or is_everything(big):
        return True
    return (
        "?" not in big and "${" not in big and not is_everything(small) and resource_matches(big, small, pad_short=True)
    )
