"""Authorization details of one account become principals, policies, attachments and memberships."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import document_text
from iamaudit.collect.instance_profiles import add_profiles
from iamaudit.collect.shape import account_of, flag, instant, listing, mapping, names, text
from iamaudit.collect.tags import tags_text
from iamaudit.errors import StateError
from iamaudit.model.arn import parse_arn

# role/aws-reserved/sso.amazonaws.com/[region/]AWSReservedSSO_<permission set>_<16 hex> (domain.md §1.2)
_PERMISSION_SET: Final = re.compile(r"^AWSReservedSSO_(.+)_[0-9a-fA-F]{16}$")
_SSO_PATH: Final = "/aws-reserved/sso.amazonaws.com/"
_SERVICE_LINKED_PATH: Final = "/aws-service-role/"


@dataclass(slots=True)
class Details:
    """The authorization details of one account, all pages merged, members in IAM's spelling, one entry per ARN."""

    account_id: str
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    from_config: bool = False

    def holders(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield kind, ARN and entry of every user, group and role."""
        for kind, entries in (("user", self.users), ("group", self.groups), ("role", self.roles)):
            for arn, entry in entries.items():
                yield kind, arn, entry


def add_details(
    details: Details,
    builder: CaptureBuilder,
    *,
    aws_managed: Mapping[str, dict[str, Any]],
    tags: Mapping[str, Sequence[dict[str, Any]]] = MappingProxyType({}),
) -> None:
    """Add the rows of one account (domain.md §6, GetAccountAuthorizationDetails).

    *aws_managed* holds AWS-managed policies by ARN that other accounts' details brought: AWS owns them, so their
    documents are the same everywhere. *tags* are those that were asked for by ARN: of policies, which the details never
    have, and of principals whose entry lacks them. What an entry lacks becomes a gap, and the other entries go on.
    """
    for arn, policy in details.policies.items():
        _guarded(builder, arn, _add_policy, details, builder, arn, policy)
    group_arns = {str(entry.get("GroupName")): arn for arn, entry in details.groups.items()}
    for kind, arn, entry in details.holders():
        own = entry if "Tags" in entry else {**entry, "Tags": tags.get(arn)}
        _guarded(builder, arn, _add_principal, details, builder, kind, arn, own)
        _guarded(builder, arn, _add_inline, details, builder, kind, arn, entry)
        _guarded(builder, arn, _add_attachments, details, builder, arn, entry)
        if kind == "user":
            _guarded(builder, arn, _add_memberships, details, builder, arn, entry, group_arns)
    for arn, entry in details.roles.items():
        _guarded(builder, arn, add_profiles, details.account_id, entry, builder)
    for arn in sorted(details.policies.keys() & tags.keys()):
        builder.add("policy_tags", account_id=details.account_id, policy_id=arn, tags=tags_text(tags[arn]))
    for arn, purpose in sorted(_needed(details).items()):
        if arn in details.policies:
            continue
        if arn in aws_managed:
            _guarded(builder, arn, _add_policy, details, builder, arn, aws_managed[arn])
        else:
            _add_unseen(details, builder, arn, purpose)


def _guarded(builder: CaptureBuilder, arn: str, add: Any, *arguments: Any) -> None:
    """Run one step; what it cannot read becomes a gap that names the ARN."""
    try:
        add(*arguments)
    except StateError as error:
        builder.miss(f"`{arn}`", str(error))


def _add_principal(details: Details, builder: CaptureBuilder, kind: str, arn: str, entry: dict[str, Any]) -> None:
    path = text(entry, "Path") or "/"
    name = text(entry, f"{kind.capitalize()}Name") or arn.rpartition("/")[2]
    trust = None
    if kind == "role":
        trust = document_text(entry.get("AssumeRolePolicyDocument"))
        if trust is None:
            builder.miss(
                f"trust policy of `{arn}`",
                "its document does not parse: who may assume the role is unknown; export the authorization details again",
            )
    last_used = mapping(entry, "RoleLastUsed") if kind == "role" else {}
    permission_set = _PERMISSION_SET.match(name) if path.startswith(_SSO_PATH) else None
    builder.add(
        "principals",
        account_id=details.account_id,
        arn=arn,
        kind=kind,
        name=name,
        path=path,
        principal_id=text(entry, f"{kind.capitalize()}Id"),
        created_at=instant(entry.get("CreateDate")),
        boundary_arn=_boundary(entry),
        trust_policy=trust,
        last_used_at=instant(last_used.get("LastUsedDate")),
        # Config notes a role's use only when something else of the role changes: its silence tells nothing.
        last_used_known=kind == "role" and entry.get("RoleLastUsed") is not None and not details.from_config,
        tags=None if kind == "group" or entry.get("Tags") is None else tags_text(listing(entry, "Tags")),
        is_service_linked=kind == "role" and path.startswith(_SERVICE_LINKED_PATH),
        permission_set=permission_set.group(1) if permission_set else None,
    )


def _add_inline(details: Details, builder: CaptureBuilder, kind: str, arn: str, entry: dict[str, Any]) -> None:
    for policy in listing(entry, f"{kind.capitalize()}PolicyList"):
        name = text(policy, "PolicyName") or ""
        policy_id = f"{arn}#{name}"
        document = document_text(policy.get("PolicyDocument"))
        if document is None:
            builder.miss(
                f"inline policy `{policy_id}`",
                "its document does not parse: what it grants is unknown; export the authorization details again",
            )
        builder.add(
            "policies",
            account_id=details.account_id,
            policy_id=policy_id,
            name=name,
            kind="inline",
            document=document,
        )
        builder.add("attachments", account_id=details.account_id, holder_arn=arn, policy_id=policy_id)


def _add_attachments(details: Details, builder: CaptureBuilder, arn: str, entry: dict[str, Any]) -> None:
    for policy in listing(entry, "AttachedManagedPolicies"):
        policy_arn = text(policy, "PolicyArn")
        if policy_arn is None:
            raise StateError("an attached policy has no `PolicyArn`: export the authorization details again")
        builder.add("attachments", account_id=details.account_id, holder_arn=arn, policy_id=policy_arn)


def _add_memberships(
    details: Details, builder: CaptureBuilder, arn: str, entry: dict[str, Any], group_arns: Mapping[str, str]
) -> None:
    for group in names(entry, "GroupList"):
        if group in group_arns:
            builder.add("memberships", account_id=details.account_id, user_arn=arn, group_arn=group_arns[group])
        else:
            builder.miss(
                f"{details.account_id}: group `{group}`",
                f"`{arn}` is a member but the group is not in the export: what it grants is unknown; "
                "export without `--filter`, all pages",
            )


def _add_policy(details: Details, builder: CaptureBuilder, arn: str, policy: dict[str, Any]) -> None:
    version = _default_version(policy)
    document = document_text(version.get("Document")) if version else None
    if document is None:
        cause = "its document does not parse" if version else "its default version is not in the export"
        builder.miss(f"policy `{arn}`", f"{cause}: what it grants is unknown; export the authorization details again")
    builder.add(
        "policies",
        account_id=details.account_id,
        policy_id=arn,
        name=text(policy, "PolicyName") or arn.rpartition("/")[2],
        kind=_kind(arn),
        version_id=text(version, "VersionId") if version else text(policy, "DefaultVersionId"),
        document=document,
        created_at=instant(policy.get("CreateDate")),
        updated_at=instant(policy.get("UpdateDate")),
    )


def _default_version(policy: dict[str, Any]) -> dict[str, Any] | None:
    """Return the version in force: only that one grants anything (domain.md §6)."""
    versions = listing(policy, "PolicyVersionList")
    for version in versions:
        if flag(version, "IsDefaultVersion"):
            return version
    default = text(policy, "DefaultVersionId")
    return next((version for version in versions if default and version.get("VersionId") == default), None)


def _needed(details: Details) -> dict[str, str]:
    """Return the managed policies that somebody holds, and as what."""
    needed: dict[str, str] = {}
    for _, _, entry in details.holders():
        attached = entry.get("AttachedManagedPolicies")
        for policy in attached if isinstance(attached, list) else []:
            if isinstance(policy, dict) and isinstance(policy.get("PolicyArn"), str):
                needed[policy["PolicyArn"]] = "grants"
        boundary = entry.get("PermissionsBoundary")
        if isinstance(boundary, dict) and isinstance(boundary.get("PermissionsBoundaryArn"), str):
            needed.setdefault(boundary["PermissionsBoundaryArn"], "limits")
    return needed


def _add_unseen(details: Details, builder: CaptureBuilder, arn: str, purpose: str) -> None:
    owner = "AWS-managed policy" if _kind(arn) == "aws" else "customer-managed policy"
    effect = "grants of its holders" if purpose == "grants" else "limits of the principals it bounds"
    builder.miss(
        f"{details.account_id}: {owner} `{arn}`",
        f"it has no document: {effect} are unknown; "
        "export the authorization details without `--filter`, or with AWSManagedPolicy among its values",
    )
    builder.add(
        "policies",
        account_id=details.account_id,
        policy_id=arn,
        name=arn.rpartition("/")[2],
        kind=_kind(arn),
    )


def _kind(policy_arn: str) -> str:
    parsed = parse_arn(policy_arn)
    return "aws" if parsed and parsed.account == "aws" else "customer"


def _boundary(entry: dict[str, Any]) -> str | None:
    return text(mapping(entry, "PermissionsBoundary"), "PermissionsBoundaryArn")


def main_account(body: Mapping[str, Any]) -> str | None:
    """Return the account that most ARNs of authorization details name, or None when there is no such ARN."""
    found: dict[str, int] = {}
    for member in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
        for entry in listing(body, member):
            if isinstance(entry.get("Arn"), str) and (account := account_of(entry["Arn"])):
                found[account] = found.get(account, 0) + 1
    return max(sorted(found), key=lambda account: found[account]) if found else None
