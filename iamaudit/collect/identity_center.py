"""`identity-center.json`, and single answers of `sso-admin`, become permission sets and their assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact, document_text
from iamaudit.collect.shape import listing, mapping, names, text
from iamaudit.errors import StateError

WHAT: Final = "Identity Center"
ASSIGNMENTS: Final = f"{WHAT}: account assignments"
NAMES: Final = f"{WHAT}: names of its users and groups"
SETS: Final = f"{WHAT}: permission sets"
REMEDY: Final = "write `identity-center.json` with `iamaudit collect --org --export DIR`"
# Members of an entry of `PermissionSets` beside the set itself, and what people call them.
PARTS: Final[Mapping[str, str]] = {
    "InlinePolicy": "inline policies",
    "AttachedManagedPolicies": "AWS-managed policies",
    "CustomerManagedPolicyReferences": "customer-managed policies",
    "PermissionsBoundary": "permissions boundaries",
    "Tags": "tags",
    "AccountIds": "accounts",
}
_KINDS: Final[Mapping[str | None, str]] = {"USER": "user", "GROUP": "group"}


@dataclass(slots=True)
class _Read:
    """What all documents together say; a set that was only listed has an empty entry."""

    instances: list[dict[str, Any]] = field(default_factory=list)
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    names: dict[tuple[str | None, str | None], str | None] = field(default_factory=dict)
    has_assignments: bool = False

    def take(self, body: Mapping[str, Any]) -> None:
        """Add one document. Raises StateError for a member of the wrong shape."""
        self.instances += listing(body, "Instances")
        described = mapping(body, "PermissionSet")
        entries = [{"PermissionSet": described}] if described else []
        if _are_arns(body.get("PermissionSets")):
            entries += [{"PermissionSet": {"PermissionSetArn": arn}} for arn in names(body, "PermissionSets")]
        else:
            entries += listing(body, "PermissionSets")
        for entry in entries:
            described = mapping(entry, "PermissionSet")
            arn = text(described, "PermissionSetArn")
            if arn is None:
                raise StateError(f"a permission set has no `PermissionSetArn`: {REMEDY}")
            known = self.sets.setdefault(arn, {"PermissionSet": {}})
            more = {**known["PermissionSet"], **described}
            known |= {**entry, "PermissionSet": more}
        self.has_assignments = self.has_assignments or "AccountAssignments" in body
        self.assignments += listing(body, "AccountAssignments")
        for principal in listing(body, "Principals"):
            key = (text(principal, "PrincipalType"), text(principal, "PrincipalId"))
            self.names[key] = text(principal, "Name")


def add_identity_center(documents: Iterable[tuple[str, dict[str, Any]]], builder: CaptureBuilder) -> None:
    """Add the rows of all *documents*, pairs of file name and body (design.md §4, docs/collect.md).

    What was not read of a set is null and one gap for all sets. The setting `identity_center` of the owning account
    lists the instances. A document of the wrong shape is a gap, and the others are read.
    """
    read = _Read()
    for source, body in documents:
        try:
            read.take(body)
        except StateError as error:
            builder.miss(f"file `{source}`", str(error))
    for arn in sorted(read.sets):
        try:
            _add_set(arn, read.sets[arn], builder)
        except StateError as error:
            builder.miss(f"permission set `{arn}`", str(error))
    for assignment in read.assignments:
        try:
            _add_assignment(assignment, read, builder)
        except StateError as error:
            builder.miss(ASSIGNMENTS, str(error))
    owners: dict[str, list[dict[str, Any]]] = {}
    for instance in read.instances:
        owner = instance.get("OwnerAccountId")
        if isinstance(owner, str):
            owners.setdefault(owner, []).append(instance)
    for owner, instances in owners.items():
        builder.add("settings", account_id=owner, name="identity_center", value=compact({"Instances": instances}))
    _add_gaps(read, builder)


def _are_arns(value: object) -> bool:
    """`list-permission-sets` prints ARNs where our own file has objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _add_set(arn: str, entry: Mapping[str, Any], builder: CaptureBuilder) -> None:
    described = entry["PermissionSet"]
    name = text(described, "Name")
    if name is None:
        return  # one gap for all of them is enough
    aws, ours = listing(entry, "AttachedManagedPolicies"), listing(entry, "CustomerManagedPolicyReferences")
    boundary = entry.get("PermissionsBoundary", ...)
    builder.add(
        "permission_sets",
        instance_arn=instance_of(arn),
        permission_set_arn=arn,
        name=name,
        description=text(described, "Description"),
        session_duration=text(described, "SessionDuration"),
        inline_policy=_inline(arn, entry, builder),
        boundary=None if boundary is ... else compact(mapping(entry, "PermissionsBoundary") or None),
        tags=compact({str(tag.get("Key")): tag.get("Value") for tag in listing(entry, "Tags")})
        if "Tags" in entry
        else None,
        policies_known="AttachedManagedPolicies" in entry and "CustomerManagedPolicyReferences" in entry,
        accounts=sorted(names(entry, "AccountIds")) if "AccountIds" in entry else None,
    )
    for policy in aws:
        builder.add(
            "permission_set_policies",
            permission_set_arn=arn,
            kind="aws",
            name=text(policy, "Name"),
            policy_arn=text(policy, "Arn"),
        )
    for policy in ours:
        builder.add(
            "permission_set_policies",
            permission_set_arn=arn,
            kind="customer",
            name=text(policy, "Name"),
            path=text(policy, "Path") or "/",
        )


def _inline(arn: str, entry: Mapping[str, Any], builder: CaptureBuilder) -> str | None:
    """Return the document, `null` for a set that has none (AWS answers an empty text), or None when nobody knows."""
    if "InlinePolicy" not in entry:
        return None
    if entry["InlinePolicy"] in {None, ""}:
        return "null"
    document = document_text(entry["InlinePolicy"])
    if document is None:
        builder.miss(
            f"inline policy of permission set `{arn}`",
            f"its document does not parse: what it grants is unknown; {REMEDY}",
        )
    return document


def _add_assignment(assignment: dict[str, Any], read: _Read, builder: CaptureBuilder) -> None:
    """Add one row. Raises StateError when a member is missing: half an assignment says nothing."""
    kind, principal = text(assignment, "PrincipalType"), text(assignment, "PrincipalId")
    arn, account = text(assignment, "PermissionSetArn"), text(assignment, "AccountId")
    if kind not in _KINDS or principal is None or arn is None or account is None:
        raise StateError(f"an account assignment lacks a member or is of no user or group: {REMEDY}")
    builder.add(
        "account_assignments",
        instance_arn=instance_of(arn),
        permission_set_arn=arn,
        account_id=account,
        principal_kind=_KINDS[kind],
        principal_id=principal,
        principal_name=read.names.get((kind, principal)),
    )


def instance_of(permission_set_arn: str) -> str | None:
    """Return the instance of `arn:aws:sso:::permissionSet/ssoins-…/ps-…`, or None for another text [K]."""
    head, found, rest = permission_set_arn.partition(":permissionSet/")
    return f"{head}:instance/{rest.partition('/')[0]}" if found else None


def _add_gaps(read: _Read, builder: CaptureBuilder) -> None:
    listed = sorted(arn for arn, entry in read.sets.items() if not entry["PermissionSet"].get("Name"))
    if listed:
        builder.miss_unless_said(SETS, f"{_some(listed)} only listed, not described: {REMEDY}")
    for part, label in PARTS.items():
        lacking = sorted(
            str(entry["PermissionSet"].get("Name") or arn) for arn, entry in read.sets.items() if part not in entry
        )
        if lacking:
            builder.miss_unless_said(what_of(part), f"the {label} of {_some(lacking)} not read: {REMEDY}")
    if read.sets and not read.has_assignments:
        builder.miss_unless_said(ASSIGNMENTS, f"who may use which permission set where is unknown: {REMEDY}")


def what_of(part: str) -> str:
    """Return the gap's name of one part of the permission sets, the same for files and calls."""
    return f"{WHAT}: {PARTS[part]} of permission sets"


def _some(found: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in found[:3])
    return f"{shown}{f' and {len(found) - 3} more' if len(found) > 3 else ''} {'was' if len(found) == 1 else 'were'}"
