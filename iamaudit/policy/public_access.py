"""Whether a bucket policy is public as S3's Block Public Access means it: it grants to everybody, unnarrowed."""

from __future__ import annotations

from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.policy.conditions import read_operator

_NARROWING = frozenset(  # "the meaning of public" in the S3 user guide: fixed values of these make a grant private
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)


def is_public(policy: Policy) -> bool:
    """Return whether any Allow of *policy* speaks to everybody without a condition that narrows them down."""
    return any(_speaks_to_everybody(s) and not any(map(_narrows, s.conditions)) for s in policy.statements)


def _speaks_to_everybody(statement: Statement) -> bool:
    if statement.effect is not Effect.ALLOW:
        return False
    return bool(statement.not_principals) or any(p.value == "*" for p in statement.principals)


def _narrows(condition: Condition) -> bool:
    name = read_operator(condition.operator)
    if name is None or name.operator is None or name.operator.negated or name.if_exists:
        return False
    is_fixed = bool(condition.values) and not any("*" in value or "${" in value for value in condition.values)
    is_everywhere = any(value in {"0.0.0.0/0", "::/0"} for value in condition.values)
    return condition.key.lower() in _NARROWING and is_fixed and not is_everywhere
