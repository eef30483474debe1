"""The calls that make a change, and those that take it back: pure, over what stood there before and stands there now."""

from __future__ import annotations

from typing import Any, Final

from iamaudit.apply.account import Call
from iamaudit.apply.judge import State, same
from iamaudit.apply.permission_sets import calls_back_to_set, calls_for_set
from iamaudit.apply.state import who
from iamaudit.model.change import OF_PERMISSION_SETS, Change, ChangeKind
from iamaudit.model.holder import Holder, holder_of

MOST_VERSIONS: Final = 5  # of a managed policy (domain.md §4)


def calls_for(change: Change, state: State) -> list[Call]:
    """Return the calls that make *change* where *state* stands now.

    Of five versions of a managed policy the oldest that is not in force goes first; the one in force, which the change
    replaces, always stays to be set back to.
    """
    kind = change.kind
    if kind in OF_PERMISSION_SETS:
        return calls_for_set(change)
    if kind is ChangeKind.CREATE_POLICY:
        managed = holder_of(change.policy)
        parameters = {"PolicyName": managed.name, "Path": managed.path, "PolicyDocument": change.document}
        return [Call("create_policy", parameters)]
    if kind is ChangeKind.CREATE_POLICY_VERSION:
        arn = {"PolicyArn": change.policy}
        oldest = next((version for version in state["versions"] if version != state["default"]), None)
        is_full = oldest is not None and len(state["versions"]) >= MOST_VERSIONS
        room = [Call("delete_policy_version", {**arn, "VersionId": oldest})] if is_full else []
        return [*room, Call("create_policy_version", {**arn, "PolicyDocument": change.document, "SetAsDefault": True})]
    if kind is ChangeKind.CREATE_GROUP:
        return [Call("create_group", {"GroupName": change.policy})]
    holder = holder_of(change.holder)
    if kind is ChangeKind.PUT_INLINE_POLICY:
        return [_inline(holder, change.policy, change.document)]
    if kind is ChangeKind.DELETE_INLINE_POLICY:
        return [_inline(holder, change.policy, None)]
    if kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        return [_boundary(holder, change.policy)]
    if kind is ChangeKind.DELETE_ACCESS_KEY:
        return [_of(holder, "delete_access_key", AccessKeyId=change.policy)]
    if kind is ChangeKind.DELETE_LOGIN_PROFILE:
        return [_of(holder, "delete_login_profile")]
    return [_toggled(change, holder, make=True)]


def calls_back(change: Change, before: State, now: State) -> list[Call]:
    """Return the calls that make *now* what it was *before*; none when it is so, or when nothing can bring it back.

    Documents come back as the very text. A version of a managed policy that had to make room comes back as a new one that
    is not in force: AWS never gives a version's number twice.
    """
    kind = change.kind
    if kind in OF_PERMISSION_SETS:
        return calls_back_to_set(change, before, now)
    if kind is ChangeKind.CREATE_POLICY:
        return _without_policy(change.policy, now) if now["exists"] and not before["exists"] else []
    if kind is ChangeKind.CREATE_POLICY_VERSION:
        return _versions_back(change, before, now)
    if kind is ChangeKind.CREATE_GROUP:
        is_new = now["exists"] and not before["exists"]
        return [Call("delete_group", {"GroupName": change.policy})] if is_new else []
    holder = holder_of(change.holder)
    if kind in {ChangeKind.PUT_INLINE_POLICY, ChangeKind.DELETE_INLINE_POLICY}:
        if before["document"] == now["document"]:
            return []
        return [_inline(holder, change.policy, before["document"])]
    if kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        return [] if before["boundary"] == now["boundary"] else [_boundary(holder, before["boundary"])]
    if kind in {ChangeKind.DELETE_ACCESS_KEY, ChangeKind.DELETE_LOGIN_PROFILE}:
        return []
    name = next(name for name in ("attached", "member", "status") if name in before)
    return [] if before[name] == now[name] else [_toggled(change, holder, make=False)]


def _versions_back(change: Change, before: State, now: State) -> list[Call]:
    if not now["exists"]:
        return []
    arn = {"PolicyArn": change.policy}
    calls: list[Call] = []
    if now["default"] != before["default"]:
        calls.append(Call("set_default_policy_version", {**arn, "VersionId": before["default"]}))
    added = {version: text for version, text in now["versions"].items() if version not in before["versions"]}
    # only ours: others may have added versions since
    ours = [version for version, text in added.items() if same(text, change.document)]
    calls += [Call("delete_policy_version", {**arn, "VersionId": version}) for version in ours]
    for version, text in before["versions"].items():
        # an interrupted rollback may have brought it back already
        if version not in now["versions"] and text not in [added[name] for name in added if name not in ours]:
            calls.append(Call("create_policy_version", {**arn, "PolicyDocument": text, "SetAsDefault": False}))
    return calls


def _without_policy(arn: str, now: State) -> list[Call]:
    others = [version for version in now["versions"] if version != now["default"]]
    versions = [Call("delete_policy_version", {"PolicyArn": arn, "VersionId": version}) for version in others]
    return [*versions, Call("delete_policy", {"PolicyArn": arn})]


def _toggled(change: Change, holder: Holder, *, make: bool) -> Call:
    """Return the call of a change that is one thing or its opposite."""
    kind = change.kind
    if kind in {ChangeKind.ATTACH_POLICY, ChangeKind.DETACH_POLICY}:
        verb = "attach" if (kind is ChangeKind.ATTACH_POLICY) is make else "detach"
        return _of(holder, f"{verb}_{holder.kind}_policy", PolicyArn=change.policy)
    if kind in {ChangeKind.ADD_USER_TO_GROUP, ChangeKind.REMOVE_USER_FROM_GROUP}:
        is_added = (kind is ChangeKind.ADD_USER_TO_GROUP) is make
        operation = "add_user_to_group" if is_added else "remove_user_from_group"
        return _of(holder, operation, GroupName=change.policy)
    return _of(holder, "update_access_key", AccessKeyId=change.policy, Status="Inactive" if make else "Active")


def _inline(holder: Holder, name: str, document: str | None) -> Call:
    if document is None:
        return _of(holder, f"delete_{holder.kind}_policy", PolicyName=name)
    return _of(holder, f"put_{holder.kind}_policy", PolicyName=name, PolicyDocument=document)


def _boundary(holder: Holder, arn: str | None) -> Call:
    if arn is None:
        return _of(holder, f"delete_{holder.kind}_permissions_boundary")
    return _of(holder, f"put_{holder.kind}_permissions_boundary", PermissionsBoundary=arn)


def _of(holder: Holder, operation: str, **parameters: Any) -> Call:
    return Call(operation, {**who(holder), **parameters})
