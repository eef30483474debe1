"""S3 access control lists: whom one grants a request, and whether it may (domain.md §3.2, S3 specifics)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamaudit.policy.principals import Caller, CallerKind, Grant

_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_LOG_DELIVERER = "logging.s3.amazonaws.com"
_BUCKET_ACTIONS = {
    "READ": frozenset({"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"}),
    "WRITE": frozenset({"s3:putobject"}),
    "READ_ACP": frozenset({"s3:getbucketacl"}),
    "WRITE_ACP": frozenset({"s3:putbucketacl"}),
}
_OBJECT_ACTIONS = {
    "READ": frozenset({"s3:getobject", "s3:getobjectversion"}),
    "READ_ACP": frozenset({"s3:getobjectacl", "s3:getobjectversionacl"}),
    "WRITE_ACP": frozenset({"s3:putobjectacl", "s3:putobjectversionacl"}),
}


def acl_grant(acl: Mapping[str, Any] | None, caller: Caller, action: str, resource: str) -> Grant:
    """Return how the answer of GetBucketAcl or GetObjectAcl names *caller* for *action*.

    A list can grant to groups (everybody in them directly) and to accounts, whose policies then have to allow too: by
    canonical id, which a request tells beside the principal's ARN. Beside `Grants` the list may tell the bucket's
    `ObjectOwnership` (`BucketOwnerEnforced` turns all lists off) and its `PublicAccessBlock`
    (`IgnorePublicAcls` turns the two public groups off).
    """
    if acl is None or acl.get("ObjectOwnership") == "BucketOwnerEnforced":
        return Grant.NONE
    table = _OBJECT_ACTIONS if "/" in resource else _BUCKET_ACTIONS
    return max(
        (grant for permission, grant in _granted(acl, caller) if _covers(permission, action.lower(), table)),
        default=Grant.NONE,
    )


def is_foreign_object(acl: Mapping[str, Any] | None, resource: str, bucket_account: str | None) -> bool:
    """Return whether the object belongs to another account (`OwnerAccount`) than its bucket: then its own list rules."""
    if acl is None or "/" not in resource or acl.get("ObjectOwnership") == "BucketOwnerEnforced":
        return False
    return acl.get("OwnerAccount") not in {None, bucket_account}


def blocks(acl: Mapping[str, Any] | None, setting: str) -> bool:
    """Return whether Block Public Access has *setting* on for the bucket or its account, as the list tells."""
    block = (acl or {}).get("PublicAccessBlock") or {}
    return block.get(setting) is True


def _covers(permission: str, action: str, table: Mapping[str, frozenset[str]]) -> bool:
    if permission == "FULL_CONTROL":
        return any(action in actions for actions in table.values())
    return action in table.get(permission, frozenset())


def _granted(acl: Mapping[str, Any], caller: Caller) -> Iterator[tuple[str, Grant]]:
    groups = _groups_of(caller)
    if blocks(acl, "IgnorePublicAcls"):
        groups -= {_ALL_USERS, _AUTHENTICATED_USERS}
    is_owner = acl.get("OwnerAccount") is not None and acl["OwnerAccount"] == caller.account
    owner_id = (acl.get("Owner") or {}).get("ID")
    if is_owner or (owner_id is not None and owner_id == caller.canonical_id):
        yield "FULL_CONTROL", Grant.ACCOUNT
    for grant in acl.get("Grants", ()):
        grantee = grant.get("Grantee", {})
        permission = str(grant.get("Permission"))
        if grantee.get("URI") in groups:
            yield permission, Grant.DIRECT
        elif grantee.get("ID") is not None and grantee["ID"] == caller.canonical_id:
            yield permission, Grant.ACCOUNT


def _groups_of(caller: Caller) -> set[str]:
    if caller.kind is CallerKind.SERVICE:
        return {_LOG_DELIVERY} if caller.name.lower() == _LOG_DELIVERER else set()
    if caller.kind is CallerKind.ANONYMOUS:
        return {_ALL_USERS}
    return {_ALL_USERS, _AUTHENTICATED_USERS}
