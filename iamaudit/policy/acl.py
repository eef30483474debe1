"""S3 access control lists: whether one grants a request to everybody or to every AWS principal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamaudit.policy.principals import Caller, CallerKind

_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
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


def acl_allows(acl: Mapping[str, Any] | None, caller: Caller, action: str, resource: str) -> bool:
    """Return whether the answer of GetBucketAcl or GetObjectAcl grants *action* (domain.md §3.2, S3 specifics).

    Only the two groups can be read from a list: a canonical user's id does not tell its account. With
    `"ObjectOwnership": "BucketOwnerEnforced"` beside the grants, and for services, no list grants anything.
    """
    if acl is None or acl.get("ObjectOwnership") == "BucketOwnerEnforced" or caller.kind is CallerKind.SERVICE:
        return False
    groups = {_ALL_USERS} if caller.kind is CallerKind.ANONYMOUS else {_ALL_USERS, _AUTHENTICATED_USERS}
    permissions = _permissions(acl.get("Grants", ()), groups)
    table = _OBJECT_ACTIONS if "/" in resource else _BUCKET_ACTIONS
    granted = table if "FULL_CONTROL" in permissions else permissions & table.keys()
    return any(action.lower() in table[permission] for permission in granted)


def _permissions(grants: Iterable[Mapping[str, Any]], groups: set[str]) -> set[str]:
    return {str(grant.get("Permission")) for grant in grants if grant.get("Grantee", {}).get("URI") in groups}
