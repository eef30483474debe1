"""Everything the lake's state knows that bears on what a principal may do, as one set of policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError, PolicySyntaxError
from iamaudit.model.arn import parse_arn
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.model.verdict import PolicySet
from iamaudit.policy.parse import parse

_HELD = """
    with holders as (
        select $arn as holder_arn
        union select group_arn from stg_memberships where user_arn = $arn
    )
    select distinct policies.* from stg_attachments as attachments
    inner join holders on attachments.holder_arn = holders.holder_arn
    inner join stg_policies as policies
        on attachments.policy_id = policies.policy_id and attachments.account_id = policies.account_id
    order by policies.policy_id
"""
_ORGANIZATION = """
    select document, name, policy_id, target_id from stg_organization_policies
    where organization_id = $organization and kind = $kind order by policy_id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The policies that bear on a principal, its tags, and what is not known of them (in words)."""

    policies: PolicySet
    tags: dict[str, str]
    is_in_management_account: bool
    caveats: tuple[str, ...]


def held_by(engine: Engine, principal: str, *, resource: str = "*") -> Held:
    """Return what the latest capture says about *principal*, a user's or role's ARN, a role session's or root's.

    For a *resource* that is a role of the lake its trust policy is in the set; other resource policies are not
    collected. Raises `InputError` for a principal that is not in the lake.
    """
    arn = _holder(engine, principal)
    caveats: list[str] = []
    row = _row_of(engine, arn)
    account = row["account_id"]
    identity = _readable(engine.query(_HELD, {"arn": arn}).to_pylist(), PolicyKind.IDENTITY, caveats)
    boundary = _boundary(engine, row, caveats)
    accounts = engine.query("select * from stg_accounts where account_id = $a", {"a": account}).to_pylist()
    is_management = bool(accounts and accounts[0]["is_management"])
    scp, places = _levels(engine, accounts, PolicyKind.SCP, caveats)
    if not accounts:
        caveats.append("the organisation was not collected: service control policies are not known")
    policies = PolicySet(
        identity=identity,
        boundary=boundary,
        scp=scp,
        scp_places=places,
        rcp=_rcp_of(engine, resource, caveats),
        resource=_trust_of(engine, resource),
    )
    return Held(policies, json.loads(row["tags"] or "{}"), is_management, tuple(caveats))


def _holder(engine: Engine, principal: str) -> str:
    """Return the ARN under which the state knows *principal*: of a role session its role."""
    arn = parse_arn(principal)
    if arn is None or arn.service != "sts" or arn.resource_type != "assumed-role":
        return principal
    found = engine.query(
        "select arn from stg_principals where kind = 'role' and account_id = $account and name = $name",
        {"account": arn.account, "name": arn.resource.split("/")[1]},
    ).to_pylist()
    return str(found[0]["arn"]) if found else principal


def _row_of(engine: Engine, arn: str) -> dict[str, Any]:
    found = engine.query("select * from stg_principals where arn = $arn and kind <> 'group'", {"arn": arn}).to_pylist()
    parts = parse_arn(arn)
    if found:
        return dict(found[0])
    if parts is not None and parts.resource == "root" and parts.account:
        return {"account_id": parts.account, "boundary_arn": None, "tags": None}
    raise InputError(
        f"the principal `{arn}` is not in the lake's state: give the ARN of a user or role as `iamaudit grants --lake LAKE` "
        "prints it, or run `iamaudit collect --lake LAKE` first"
    )


def _readable(rows: Iterable[dict[str, Any]], kind: PolicyKind, caveats: list[str]) -> tuple[Policy, ...]:
    policies: list[Policy] = []
    for row in rows:
        name = row["name"] or row["policy_id"]
        if row["document"] is None:
            caveats.append(f"the document of `{row['policy_id']}` was not collected: it may allow or deny more")
            continue
        try:
            policies.append(parse(row["document"], kind=kind, name=name))
        except PolicySyntaxError as error:
            caveats.append(f"a policy cannot be understood and is left out: {error}")
    return tuple(policies)


def _boundary(engine: Engine, row: dict[str, Any], caveats: list[str]) -> tuple[Policy, ...] | None:
    if row["boundary_arn"] is None:
        return None
    found = engine.query(
        "select * from stg_policies where policy_id = $id and account_id = $account",
        {"id": row["boundary_arn"], "account": row["account_id"]},
    ).to_pylist()
    missing = [{"policy_id": row["boundary_arn"], "name": None, "document": None}]
    return _readable(found or missing, PolicyKind.BOUNDARY, caveats) or None


def _levels(
    engine: Engine, accounts: list[dict[str, Any]], kind: PolicyKind, caveats: list[str]
) -> tuple[tuple[tuple[Policy, ...], ...] | None, tuple[str, ...]]:
    """Return the levels from the root down to the account with their names; None when no such policies are in use."""
    if not accounts:
        return None, ()
    account = accounts[0]
    rows = engine.query(_ORGANIZATION, {"organization": account["organization_id"], "kind": kind.value}).to_pylist()
    if not rows:
        return None, ()
    targets = [*(account["path"] or ()), account["account_id"]]
    before = len(caveats)
    levels = tuple(_readable([r for r in rows if r["target_id"] == target], kind, caveats) for target in targets)
    if len(caveats) > before:  # a level that is not wholly known must not deny what it may allow
        return tuple(level for level in levels if level) or None, ()
    return levels, tuple(f"`{target}`" for target in targets)


def _rcp_of(engine: Engine, resource: str, caveats: list[str]) -> tuple[tuple[Policy, ...], ...] | None:
    """Return the RCP levels of the account that the resource's ARN names; of the management account there are none."""
    arn = parse_arn(resource)
    if arn is None or not arn.account:
        return None
    accounts = engine.query(
        "select * from stg_accounts where account_id = $a and not coalesce(is_management, false)", {"a": arn.account}
    ).to_pylist()
    return _levels(engine, accounts, PolicyKind.RCP, caveats)[0]


def _trust_of(engine: Engine, resource: str) -> Policy | None:
    found = engine.query(
        "select trust_policy from stg_principals where arn = $arn and trust_policy is not null", {"arn": resource}
    ).to_pylist()
    return parse(found[0]["trust_policy"], kind=PolicyKind.TRUST, name="trust") if found else None
