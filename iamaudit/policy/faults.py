"""What is wrong with a policy that IAM takes all the same: statements that do not do what they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.condition_faults import condition_faults, never_holds
from iamaudit.policy.dead_actions import dead_actions
from iamaudit.policy.shadows import shadow_of

NOT_IN_ALLOW = "not_element_in_allow"
SENSITIVE = "sensitive_allow_without_condition"
MISTAKE = "condition_mistake"
FAULT = "policy_fault"
_SENSITIVE_ON_EVERYTHING = {"sts:assumerole", "s3:deletebucket", "s3:deleteobject", "s3:deleteobjectversion"}
_SENSITIVE_AS_A_WHOLE = {"*", "*:*", "iam:*", "kms:*"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one statement; `check` is the finding it belongs to."""

    check: str
    number: int
    sid: str | None
    words: str


def faults_of(policy: Policy) -> Iterator[Fault]:
    """Yield what is wrong with the statements of an identity policy (domain.md §8, rows 12, 16, 21, 59)."""
    for number, statement in enumerate(policy.statements, 1):
        for check, words in _faults(policy, number, statement):
            yield Fault(check, number, statement.sid, words)


def _faults(policy: Policy, number: int, statement: Statement) -> Iterator[tuple[str, str]]:
    yield from ((NOT_IN_ALLOW, words) for words in _not_elements(statement))
    yield from ((SENSITIVE, words) for words in _sensitive(statement))
    knows_variables = policy.version == "2012-10-17"
    yield from ((MISTAKE, words) for words in condition_faults(statement, knows_variables=knows_variables))
    yield from ((FAULT, words) for words in never_holds(statement))
    yield from ((FAULT, words) for words in dead_actions(statement))
    yield from ((FAULT, words) for words in shadow_of(policy, number, statement))


def _not_elements(statement: Statement) -> Iterator[str]:
    if statement.effect is not Effect.ALLOW:
        return
    if statement.not_actions:
        yield f"NotAction allows all of AWS but {_listed(statement.not_actions)}, also what comes tomorrow"
    if statement.not_resources:
        yield f"NotResource allows everything but {_listed(statement.not_resources)}, also what comes tomorrow"


def _sensitive(statement: Statement) -> Iterator[str]:
    if statement.effect is not Effect.ALLOW or statement.conditions:
        return
    found = [action for action in statement.actions if action.lower() in _SENSITIVE_AS_A_WHOLE]
    if "*" in statement.resources:
        found += [action for action in statement.actions if action.lower() in _SENSITIVE_ON_EVERYTHING]
    if found:
        yield f"{_listed(found)} without any condition"


def _listed(values: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)
