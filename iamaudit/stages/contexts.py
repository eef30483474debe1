"""What the lake tells of the calls behind each use: Region, endpoint, MFA, and the organisation of the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Effect, PolicyKind
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.offers import ORGANIZATION
from iamaudit.recommend.told import Told

_ORGANIZATIONS = "select account_id, organization_id from stg_accounts where organization_id is not null"
_Way = tuple[str, str, str | None]  # action, resource, via


class Contexts:
    """The condition keys that uses of the window are told to have had."""

    def __init__(self, engine: Engine) -> None:
        """Read what is told of all uses once."""
        self._told: defaultdict[str, defaultdict[_Way, list[Told]]] = defaultdict(lambda: defaultdict(list))
        for row in engine.table("told_conditions").to_pylist():
            told = Told(row["condition_key"], tuple(row["told_values"]), row["told"], row["uses"])
            self._told[row["principal"]][row["action"], row["resource"], row["via"]].append(told)
        rows = engine.query(_ORGANIZATIONS).to_pylist()
        self._organizations = {row["account_id"]: row["organization_id"] for row in rows}

    def around(self, account: str, principal: str, uses: Iterable[ObservedUse]) -> tuple[ObservedUse, ...]:
        """Return *uses* with what is told of their calls; of those before the window no log of the window tells.

        No log tells the organisation: the inventory says which one the account is in, and calls of today would carry it.
        """
        mine: Mapping[_Way, list[Told]] = self._told.get(principal, {})
        organization = self._organizations.get(account)
        found = []
        for use in uses:
            told = list(mine.get((use.action, use.resource, use.via), ())) if use.origin == "used" else []
            if organization is not None:
                calls = max([use.count, *(one.of for one in told)])
                told.append(Told(ORGANIZATION, (organization,), calls, calls))
            found.append(replace(use, told=tuple(sorted(told, key=lambda one: one.key))))
        return tuple(found)


def serves(principal: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the services that the trust policy of a role lets assume it, lower case; None when it is not known.

    A user is assumed by none. Whoever a Deny keeps out counts all the same, since its conditions may not.
    """
    if principal["kind"] != "role":
        return frozenset()
    if not principal["trust_policy"]:
        return None
    try:
        policy = parse(principal["trust_policy"], kind=PolicyKind.TRUST)
    except PolicySyntaxError:
        return None
    allows = [statement for statement in policy.statements if statement.effect is Effect.ALLOW]
    if any(statement.not_principals for statement in allows):
        return None
    return frozenset(one.value.lower() for statement in allows for one in statement.principals if one.type == "Service")
