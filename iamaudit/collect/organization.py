"""`organization.json` becomes accounts with their place in the tree, and SCPs and RCPs with their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact, document_text
from iamaudit.collect.shape import listing, mapping, text
from iamaudit.errors import StateError

_KINDS: Final[Mapping[str | None, str]] = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


def add_organization(body: dict[str, Any], builder: CaptureBuilder) -> None:
    """Add the rows of one organisation (design.md §4, `organization.json`).

    Policies of other types (tags, backups, …) bear on no decision and are left out. A policy without targets keeps one
    row with a null target. The setting `organization` of the management account says which policy types are on.
    Raises StateError when the organisation has no id or a member has the wrong shape.
    """
    organization = mapping(body, "Organization")
    organization_id = text(organization, "Id")
    if organization_id is None:
        raise StateError("`Organization` has no `Id`: write the file again with `iamaudit collect --org --export DIR`")
    management = text(organization, "MasterAccountId")
    parents = {text(unit, "Id"): text(unit, "ParentId") for unit in listing(body, "OrganizationalUnits")}
    roots = {text(root, "Id") for root in listing(body, "Roots")}
    for account in listing(body, "Accounts"):
        account_id = text(account, "Id")
        path = _path(text(account, "ParentId"), parents, roots)
        if path is None:
            builder.miss(
                f"place of account `{account_id}` in the organization",
                "its `ParentId` does not lead to a root: which SCPs and RCPs bind it is unknown; "
                "write the file again with `iamaudit collect --org --export DIR`",
            )
        builder.add(
            "accounts",
            account_id=account_id,
            name=text(account, "Name"),
            status=text(account, "Status") or text(account, "State"),
            organization_id=organization_id,
            is_management=account_id == management,
            path=path,
        )
    for policy in listing(body, "Policies"):
        _add_policy(policy, organization_id, builder)
    if management:
        known = {name: body.get(name) for name in ("Organization", "Roots", "OrganizationalUnits")}
        builder.add("settings", account_id=management, name="organization", value=compact(known))


def _path(parent: str | None, parents: Mapping[str | None, str | None], roots: set[str | None]) -> list[str] | None:
    path: list[str] = []
    while parent is not None and parent not in roots:
        if parent in path or parent not in parents:
            return None
        path.append(parent)
        parent = parents[parent]
    return None if parent is None else [parent, *reversed(path)]


def _add_policy(policy: dict[str, Any], organization_id: str, builder: CaptureBuilder) -> None:
    summary = mapping(policy, "PolicySummary")
    kind = _KINDS.get(text(summary, "Type"))
    if kind is None:
        return
    policy_id, name = text(summary, "Id"), text(summary, "Name")
    document = document_text(policy.get("Content"))
    if document is None:
        builder.miss(
            f"{kind.upper()} `{policy_id}` ({name})",
            "its content does not parse: what it denies is unknown; collect the organization again",
        )
    targets = [text(target, "TargetId") for target in listing(policy, "Targets")] or [None]
    for target in targets:
        builder.add(
            "organization_policies",
            organization_id=organization_id,
            policy_id=policy_id,
            name=name,
            kind=kind,
            document=document,
            target_id=target,
        )
