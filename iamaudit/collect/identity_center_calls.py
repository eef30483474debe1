"""The calls that read IAM Identity Center: instances, permission sets, who has them where, as one `identity-center.json`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from iamaudit.collect.capture import Missing
from iamaudit.collect.identity_center import ASSIGNMENTS, NAMES, PARTS, SETS, WHAT, what_of
from iamaudit.collect.raw import Document
from iamaudit.collect.reader import Reader, code_of, unanswered
from iamaudit.errors import SourceError

# `sso-admin` answers about twenty calls a second [K]; the client slows down by itself when AWS says so.
_WORKERS: Final = 8
_GONE: Final = "ResourceNotFoundException"
# role/aws-reserved/sso.amazonaws.com/[region/]…: without a region the instance is in us-east-1 (domain.md §1.2, [K])
_RESERVED: Final = re.compile(r"^/aws-reserved/sso\.amazonaws\.com/(?:([a-z0-9-]+)/)?$")
_OPERATIONS: Final = {
    "InlinePolicy": "get_inline_policy_for_permission_set",
    "AttachedManagedPolicies": "list_managed_policies_in_permission_set",
    "CustomerManagedPolicyReferences": "list_customer_managed_policy_references_in_permission_set",
    "PermissionsBoundary": "get_permissions_boundary_for_permission_set",
    "AccountIds": "list_accounts_for_provisioned_permission_set",
}


def regions_of(documents: Iterable[Document]) -> list[str]:
    """Return the regions that the paths of reserved roles name: where an instance is or was."""
    found = set()
    for document in documents:
        if document.kind == "authorization_details":
            for role in document.body.get("RoleDetailList", []):
                path = _RESERVED.match(str(role.get("Path")))
                if path:
                    found.add(path.group(1) or "us-east-1")
    return sorted(found)


def identity_center_document(reader: Reader, documents: Sequence[Document], regions: Sequence[str]) -> Document | None:
    """Return `identity-center.json` (docs/collect.md), or None when there is no instance or AWS does not tell.

    An instance is in one region: *regions* are asked, then those that reserved roles among *documents* name. Only the
    management account or a delegated administrator may read it: what is refused, or fails, is in `reader.missing`.
    """
    expected = regions_of(documents)
    asked = list(dict.fromkeys([*regions, *expected]))
    try:
        for region in asked:
            answer = reader.read("sso-admin", "list_instances", what=WHAT, region=region)
            if answer is None:
                return None
            if answer["Instances"]:
                body = _Calls(reader, region).everything(answer["Instances"])
                return Document("identity_center", body, "identity-center.json")
    except SourceError as error:
        reader.missing.append(Missing(WHAT, str(error)))
        return None
    if expected:
        why = "no instance was found, though roles of permission sets are there"
        reader.missing.append(
            Missing(
                WHAT,
                f"{why}: asked {', '.join(asked)}; collect as the management account or as a delegated administrator",
            )
        )
    return None


@dataclass(slots=True)
class _Calls:
    """The calls to the instances of one region; what AWS refused once is not asked again for every set."""

    reader: Reader
    region: str
    refused: set[str] = field(default_factory=set)

    def everything(self, instances: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the body of the document; a member that was refused is left out. Raises SourceError."""
        sets: list[dict[str, Any]] = []
        assignments: list[dict[str, Any]] | None = []
        principals: list[dict[str, Any]] = []
        for instance in instances:
            arn = instance["InstanceArn"]
            listed = self._ask("list_permission_sets", SETS, InstanceArn=arn) or {}
            with ThreadPoolExecutor(_WORKERS) as pool:
                found = list(pool.map(lambda one, arn=arn: self._set(arn, one), listed.get("PermissionSets", [])))
                places = [
                    (entry["PermissionSet"]["PermissionSetArn"], account)
                    for entry in found
                    for account in entry.get("AccountIds", [])
                ]
                granted = list(pool.map(lambda place, arn=arn: self._assignments(arn, *place), places))
            sets += found
            if None in granted or any("AccountIds" not in entry for entry in found):
                assignments = None
            if assignments is not None:
                assignments += [one for some in granted for one in some or []]
                principals += self._principals(instance.get("IdentityStoreId"), assignments)
        body: dict[str, Any] = {
            "Instances": [{**instance, "Region": self.region} for instance in instances],
            "PermissionSets": sets,
            "Principals": principals,
        }
        return body if assignments is None else {**body, "AccountAssignments": assignments}

    def _set(self, instance: str, arn: str) -> dict[str, Any]:
        names = {"InstanceArn": instance, "PermissionSetArn": arn}
        described = self._ask("describe_permission_set", SETS, **names)
        entry: dict[str, Any] = {
            "PermissionSet": described["PermissionSet"] if described else {"PermissionSetArn": arn},
        }
        for part, operation in _OPERATIONS.items():
            answer = self._ask(operation, what_of(part), **names)
            if answer is not None:
                entry[part] = answer.get(part)
        tags = self._ask("list_tags_for_resource", what_of("Tags"), InstanceArn=instance, ResourceArn=arn)
        if tags is not None:
            entry["Tags"] = tags.get("Tags", [])
        return {name: entry[name] for name in ("PermissionSet", *PARTS) if name in entry}

    def _assignments(self, instance: str, arn: str, account: str) -> list[dict[str, Any]] | None:
        answer = self._ask(
            "list_account_assignments", ASSIGNMENTS, InstanceArn=instance, PermissionSetArn=arn, AccountId=account
        )
        return None if answer is None else answer.get("AccountAssignments", [])

    def _principals(self, store: str | None, assignments: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the names of those who have assignments: sessions carry user names, assignments only ids."""
        wanted = sorted({(one["PrincipalType"], one["PrincipalId"]) for one in assignments})
        if store is None:
            return []
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = pool.map(lambda pair: self._principal(store, *pair), wanted)
        return [entry for entry in found if entry is not None]

    def _principal(self, store: str, kind: str, identity: str) -> dict[str, Any] | None:
        operation, member, name = {
            "USER": ("describe_user", "UserId", "UserName"),
            "GROUP": ("describe_group", "GroupId", "DisplayName"),
        }[kind]
        answer = self._ask(operation, NAMES, service="identitystore", **{"IdentityStoreId": store, member: identity})
        return {"PrincipalType": kind, "PrincipalId": identity, "Name": answer.get(name)} if answer else None

    def _ask(self, operation: str, what: str, *, service: str = "sso-admin", **names: str) -> dict[str, Any] | None:
        """Return the answer, `{}` when there is no such thing (no boundary, a user that is gone), None when refused."""
        if operation in self.refused:
            return None
        try:
            return self.reader.call(service, operation, region=self.region, **names)
        except ClientError as error:
            if code_of(error) == _GONE:
                return {}
            if not self.reader.note_refusal(service, operation, error, what=what):
                raise unanswered(service, operation, error) from error
            self.refused.add(operation)
            return None
