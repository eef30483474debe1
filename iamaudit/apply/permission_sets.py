"""Permission sets of Identity Center: what stands there, the calls that change it and those that take the change back."""

from __future__ import annotations

from typing import Any, Final

from iamaudit.apply.account import Account, Call
from iamaudit.apply.judge import State
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import instance_of

_SERVICE: Final = "sso-admin"


def read_set(account: Account, change: Change) -> State:
    """Return what stands in a permission set at the place of a change; `holder: false` when the set is gone.

    Inline policy: `document`, None where there is none. Attached policies: `attached`. Provisioning has nothing to read.
    """
    kind, who = change.kind, _who(change)
    if kind is ChangeKind.PROVISION_SET:
        return {"holder": account.read("describe_permission_set", service=_SERVICE, **who) is not None}
    if kind in {ChangeKind.PUT_SET_POLICY, ChangeKind.DELETE_SET_POLICY}:
        found = account.read("get_inline_policy_for_permission_set", service=_SERVICE, **who)
        return {"holder": found is not None, "document": (found or {}).get("InlinePolicy") or None}
    if kind is ChangeKind.DETACH_SET_REFERENCE:
        found = account.read("list_customer_managed_policy_references_in_permission_set", service=_SERVICE, **who)
        names = [
            f"{one.get('Path', '/')}{one['Name']}" for one in (found or {}).get("CustomerManagedPolicyReferences", [])
        ]
    else:
        found = account.read("list_managed_policies_in_permission_set", service=_SERVICE, **who)
        names = [one["Arn"] for one in (found or {}).get("AttachedManagedPolicies", [])]
    return {"holder": found is not None, "attached": change.policy in names}


def calls_for_set(change: Change) -> list[Call]:
    """Return the call that makes a change."""
    kind = change.kind
    if kind is ChangeKind.PUT_SET_POLICY:
        return [_inline(change, change.document)]
    if kind is ChangeKind.DELETE_SET_POLICY:
        return [_inline(change, None)]
    if kind is ChangeKind.PROVISION_SET:
        return [_call("provision_permission_set", change, TargetType="ALL_PROVISIONED_ACCOUNTS")]
    return [_attachment(change, "detach", "from")]


def calls_back_to_set(change: Change, before: State, now: State) -> list[Call]:
    """Return the calls that make *now* what it was *before*; provisioning comes after all of them."""
    if change.kind is ChangeKind.PROVISION_SET or not now["holder"]:
        return []
    if "document" in before:
        return [] if before["document"] == now["document"] else [_inline(change, before["document"])]
    return [] if before["attached"] == now["attached"] else [_attachment(change, "attach", "to")]


def _inline(change: Change, document: str | None) -> Call:
    if document is None:
        return _call("delete_inline_policy_from_permission_set", change)
    return _call("put_inline_policy_to_permission_set", change, InlinePolicy=document)


def _attachment(change: Change, verb: str, preposition: str) -> Call:
    if change.kind is ChangeKind.DETACH_SET_REFERENCE:
        path, _, name = change.policy.rpartition("/")
        operation = f"{verb}_customer_managed_policy_reference_{preposition}_permission_set"
        return _call(operation, change, CustomerManagedPolicyReference={"Name": name, "Path": f"{path}/"})
    return _call(f"{verb}_managed_policy_{preposition}_permission_set", change, ManagedPolicyArn=change.policy)


def _call(operation: str, change: Change, **parameters: Any) -> Call:
    return Call(operation, {**_who(change), **parameters}, _SERVICE)


def _who(change: Change) -> dict[str, str]:
    return {"InstanceArn": instance_of(change.holder), "PermissionSetArn": change.holder}
