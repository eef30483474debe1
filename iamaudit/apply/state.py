"""What stands in AWS today at the place of a change: read before it is made, and what a rollback restores."""

from __future__ import annotations

from typing import Final

from iamaudit.apply.account import Account, text_of
from iamaudit.apply.judge import State
from iamaudit.apply.permission_sets import read_set
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind
from iamaudit.model.holder import Holder, holder_of

_INLINE: Final = {ChangeKind.PUT_INLINE_POLICY, ChangeKind.DELETE_INLINE_POLICY}
_VERSIONED: Final = {ChangeKind.CREATE_POLICY, ChangeKind.CREATE_POLICY_VERSION}
_ATTACHED: Final = {ChangeKind.ATTACH_POLICY, ChangeKind.DETACH_POLICY}
_MEMBER: Final = {ChangeKind.ADD_USER_TO_GROUP, ChangeKind.REMOVE_USER_FROM_GROUP}
_KEY: Final = {ChangeKind.DEACTIVATE_ACCESS_KEY, ChangeKind.DELETE_ACCESS_KEY}


def read_state(account: Account, change: Change) -> State:
    """Return what stands there, as JSON values; `holder: false` when the user, role or group is gone.

    Inline policy: `document`. Managed policy: `exists`, `default`, `versions` (documents by version, oldest first) and
    `document` (of the default version). Attachment: `attached`, and the policy's `document`. Raises
    SourceError, and InputError for names that IAM does not allow.
    """
    if change.kind in OF_PERMISSION_SETS:
        return read_set(account, change)
    if change.kind in _VERSIONED:
        return _managed(account, change.policy)
    if change.kind is ChangeKind.CREATE_GROUP:
        return {"exists": account.read("get_group", GroupName=change.policy) is not None}
    holder = holder_of(change.holder)
    if change.kind in _INLINE:
        return _inline(account, holder, change.policy)
    if change.kind in _ATTACHED:
        found = account.read(f"list_attached_{holder.kind}_policies", **who(holder))
        if found is None:
            return {"holder": False}
        attached = any(one["PolicyArn"] == change.policy for one in found["AttachedPolicies"])
        document = _document(account, change.policy) if change.kind is ChangeKind.DETACH_POLICY and attached else None
        return {"holder": True, "attached": attached, "document": document}
    if change.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        found = account.read(f"get_{holder.kind}", **who(holder))
        boundary = (found or {}).get(holder.kind.capitalize(), {}).get("PermissionsBoundary", {})
        return {"holder": found is not None, "boundary": boundary.get("PermissionsBoundaryArn")}
    if change.kind in _MEMBER:
        found = account.read("list_groups_for_user", **who(holder))
        names = [one["GroupName"] for one in (found or {}).get("Groups", [])]
        return {"holder": found is not None, "member": change.policy in names}
    if change.kind in _KEY:
        found = account.read("list_access_keys", **who(holder))
        status = {one["AccessKeyId"]: one["Status"] for one in (found or {}).get("AccessKeyMetadata", [])}
        return {"holder": found is not None, "status": status.get(change.policy)}
    return {"holder": True, "exists": account.read("get_login_profile", **who(holder)) is not None}


def who(holder: Holder) -> dict[str, str]:
    """Return the parameter that names a user, role or group."""
    return {f"{holder.kind.capitalize()}Name": holder.name}


def _inline(account: Account, holder: Holder, name: str) -> State:
    found = account.read(f"get_{holder.kind}_policy", **who(holder), PolicyName=name)
    if found is not None:
        return {"holder": True, "document": text_of(found["PolicyDocument"])}
    return {"holder": account.read(f"get_{holder.kind}", **who(holder)) is not None, "document": None}


def _managed(account: Account, arn: str) -> State:
    found = account.read("list_policy_versions", PolicyArn=arn)
    if found is None:
        return {"exists": False}
    # v10 is newer than v9: versions are counted, and two can have one time
    versions = sorted(found["Versions"], key=lambda one: int(str(one["VersionId"]).removeprefix("v")))
    default = next(one["VersionId"] for one in versions if one["IsDefaultVersion"])
    documents = {one["VersionId"]: _version(account, arn, one["VersionId"]) for one in versions}
    return {"exists": True, "default": default, "versions": documents, "document": documents[default]}


def _document(account: Account, arn: str) -> str | None:
    found = account.read("get_policy", PolicyArn=arn)
    return None if found is None else _version(account, arn, found["Policy"]["DefaultVersionId"])


def _version(account: Account, arn: str, version: str) -> str | None:
    found = account.read("get_policy_version", PolicyArn=arn, VersionId=version)
    return None if found is None else text_of(found["PolicyVersion"]["Document"])
