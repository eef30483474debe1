"""How much harm a set of identity policies could do, in three numbers that a manager can compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iamaudit.errors import PolicySyntaxError
from iamaudit.knowledge.escalation import escalation_actions
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.evidence import covers_action
from iamaudit.policy.match import has_wildcard
from iamaudit.policy.parse import parse


@dataclass(frozen=True, slots=True)
class Risk:
    """Whether everything is allowed on everything, how many action patterns have wildcards, which actions can escalate."""

    is_admin: bool
    wildcards: int
    escalation: frozenset[str]


def risk_of(documents: Iterable[str]) -> Risk | None:
    """Return the risk of policies as JSON texts; None when one cannot be read, so that nobody can say.

    An action counts when an Allow names it and no Deny without conditions refuses it on everything. Resources and conditions of the
    Allow are not weighed: the number is an upper bound, the same way before and after.
    """
    try:
        policies = [parse(document) for document in documents]
    except PolicySyntaxError:
        return None
    allows = list(_statements(policies, Effect.ALLOW))
    denies = [one for one in _statements(policies, Effect.DENY) if not one.conditions and "*" in one.resources]
    return Risk(
        is_admin=any(_is_everything(one) for one in allows) and not denies,
        # NotAction names all but a few: it is a wildcard however it is written
        wildcards=sum(sum(map(has_wildcard, one.actions)) + bool(one.not_actions) for one in allows),
        escalation=frozenset(
            action
            for action in escalation_actions()
            if any(covers_action(one, action) for one in allows)
            and not any(covers_action(one, action) for one in denies)
        ),
    )


def within(policies: Risk, boundary: Risk) -> Risk:
    """Return the risk of policies under a permissions boundary: only what both allow can be done."""
    return Risk(
        is_admin=policies.is_admin and boundary.is_admin,
        wildcards=boundary.wildcards,
        escalation=policies.escalation & boundary.escalation,
    )


def _statements(policies: Iterable[Policy], effect: Effect) -> Iterable[Statement]:
    return (one for policy in policies for one in policy.statements if one.effect is effect)


def _is_everything(statement: Statement) -> bool:
    everything = {"*", "*:*"} & set(statement.actions)
    return bool(everything) and "*" in statement.resources and not statement.conditions
