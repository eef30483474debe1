"""Grants of a KMS key: the third source of Allows, told as statements beside the key policy's (domain.md §3.2, KMS)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from iamaudit.errors import InputError
from iamaudit.model.policy import Condition, Effect, Policy, PrincipalPattern, Statement


def with_grants(key_policy: Policy | None, grants: Iterable[Mapping[str, Any]]) -> Policy:
    """Return the key policy with one more Allow for each of *grants*, as ListGrants prints them."""
    policy = key_policy or Policy((), name="grants")
    return replace(policy, statements=(*policy.statements, *(_statement(g, n) for n, g in enumerate(grants, 1))))


def _statement(grant: Mapping[str, Any], number: int) -> Statement:
    grantee, operations = grant.get("GranteePrincipal"), grant.get("Operations")
    if not isinstance(grantee, str) or not isinstance(operations, list) or not operations:
        raise InputError(
            f"grant {number}: GranteePrincipal or Operations is missing: give it as `list-grants` prints it"
        )
    kind = "AWS" if grantee.startswith("arn:") else "Service"
    return Statement(
        Effect.ALLOW,
        sid=f"grant {grant.get('GrantId') or number}",
        actions=tuple(f"kms:{operation}" for operation in operations),
        resources=("*",),
        principals=(PrincipalPattern(kind, grantee),),
        conditions=tuple(_constraints(grant.get("Constraints") or {})),
    )


def _constraints(constraints: Mapping[str, Any]) -> Iterator[Condition]:
    """Yield what a grant demands of the encryption context: these pairs, and with `…Equals` no others."""
    exact = constraints.get("EncryptionContextEquals")
    for key, value in (exact or constraints.get("EncryptionContextSubset") or {}).items():
        yield Condition("StringEquals", f"kms:EncryptionContext:{key}", (str(value).replace("${", "${$}{"),))
    if exact:
        yield Condition("ForAllValues:StringEquals", "kms:EncryptionContextKeys", tuple(exact))
