"""Who a role trusts without asking enough: other accounts, services and web identities (domain.md §8, rows 13 to 15)."""

from __future__ import annotations

from collections.abc import Iterator

from iamaudit.knowledge.deputies import tells_source
from iamaudit.model.arn import parse_arn
from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.policy.conditions import read_operator
from iamaudit.policy.faults import Fault

EXTERNAL = "external_trust_without_condition"
SERVICE = "service_trust_without_source"
WEB_IDENTITY = "web_identity_trust_too_wide"
_NARROWS_ACCOUNTS = ("sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn")
_NARROWS_SERVICES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")


def trust_faults(policy: Policy, *, account: str, own_accounts: frozenset[str]) -> Iterator[Fault]:
    """Yield what is wrong with the trust policy of a role of *account*; *own_accounts* are no strangers."""
    for number, statement in enumerate(policy.statements, 1):
        if statement.effect is not Effect.ALLOW:
            continue
        for check, words in _faults(statement, own_accounts | {account}):
            yield Fault(check, number, statement.sid, words)


def _faults(statement: Statement, own: frozenset[str]) -> Iterator[tuple[str, str]]:
    keys = {condition.key.lower() for condition in statement.conditions if _narrows(condition)}
    named = {p.value for p in statement.principals if p.type in {"AWS", "*"}}
    accounts = sorted(value for value in named if _account(value) not in own | {""})
    if statement.not_principals:
        yield EXTERNAL, "trusts everybody but those of NotPrincipal"
    if accounts and not keys & set(_NARROWS_ACCOUNTS):
        yield EXTERNAL, f"trusts {_listed(accounts)} without `sts:ExternalId` or `aws:PrincipalOrgID`"
    services = sorted(p.value for p in statement.principals if p.type == "Service" and tells_source(p.value))
    if services and not keys & set(_NARROWS_SERVICES):
        yield SERVICE, f"trusts {_listed(services)} without `aws:SourceArn` or `aws:SourceAccount`"
    for provider in sorted(p.value for p in statement.principals if p.type == "Federated" and _is_web(p.value)):
        host = provider.rpartition("oidc-provider/")[2].lower()
        needed = [f"{host}:{name}" for name in _claims(host)]
        missing = [key for key in needed if key not in keys]
        if missing:
            yield (
                WEB_IDENTITY,
                f"trusts `{provider}` without a condition on {' and '.join(f'`{key}`' for key in missing)}",
            )


def _claims(host: str) -> tuple[str, ...]:
    """Return the claims that tell one workload of a provider from all others."""
    return ("aud",) if "cognito-identity" in host else ("aud", "sub")


def _is_web(provider: str) -> bool:
    return ":saml-provider/" not in provider


def _account(principal: str) -> str:
    """Return the account of a principal, `*` for everybody, and nothing for the id of one that was deleted."""
    arn = parse_arn(principal)
    if arn is not None:
        return arn.account
    return principal if principal == "*" or principal.isdigit() else ""


def _narrows(condition: Condition) -> bool:
    name = read_operator(condition.operator)
    if name is None or name.operator is None or name.operator.negated or name.if_exists:
        return False
    return name.set_prefix != "forallvalues" and any(value.strip("*?/") for value in condition.values)


def _listed(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
