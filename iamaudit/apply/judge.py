"""Whether a change may be made on what stands in AWS today, and what is risky about it: pure, over states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from iamaudit.model.change import Change, ChangeKind

State = dict[str, Any]  # what stands in AWS, as `read_state` tells it
IRREVERSIBLE: Final = frozenset({ChangeKind.DELETE_ACCESS_KEY, ChangeKind.DELETE_LOGIN_PROFILE})
_RISKS: Final = {
    ChangeKind.CREATE_POLICY: "none by itself: a new policy, held by nobody yet",
    ChangeKind.CREATE_POLICY_VERSION: "everybody who holds the policy gets the smaller one",
    ChangeKind.ATTACH_POLICY: "none by itself: adds what was granted otherwise",
    ChangeKind.PUT_PERMISSIONS_BOUNDARY: "limits everything that the principal may do",
    ChangeKind.CREATE_GROUP: "none by itself: a new group without members",
    ChangeKind.ADD_USER_TO_GROUP: "none by itself: adds what was granted otherwise",
    ChangeKind.REMOVE_USER_FROM_GROUP: "takes away everything that the group grants",
    ChangeKind.DETACH_POLICY: "takes away everything that the policy grants and the new ones do not",
    ChangeKind.DELETE_INLINE_POLICY: "takes the whole policy away",
    ChangeKind.DEACTIVATE_ACCESS_KEY: "whoever still uses the key is refused; it can be activated again",
    ChangeKind.DELETE_ACCESS_KEY: "cannot be taken back: a key's secret is shown once",
    ChangeKind.DELETE_LOGIN_PROFILE: "cannot be taken back: the password is gone",
    ChangeKind.PUT_SET_POLICY: "nothing yet: it holds in the accounts once the permission set is provisioned",
    ChangeKind.DELETE_SET_POLICY: "nothing yet: it holds in the accounts once the permission set is provisioned",
    ChangeKind.DETACH_SET_POLICY: "nothing yet: it holds in the accounts once the permission set is provisioned",
    ChangeKind.DETACH_SET_REFERENCE: "nothing yet: it holds in the accounts once the permission set is provisioned",
    ChangeKind.PROVISION_SET: "everybody who has the permission set gets the smaller one, in all its accounts",
}


class Standing(Enum):
    """Where a change stands."""

    READY = "ready"  # what stands there is what the plan was made for
    DONE = "done"  # what the change wants is so already
    DRIFTED = "drifted"  # somebody changed it since: not touched


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where a change stands, and why it is not ready."""

    standing: Standing
    why: str = ""


def judge(change: Change, state: State, *, expected: str | None = None) -> Judgement:
    """Return whether *change* may be made on *state*.

    Documents are compared as JSON: AWS keeps a text's blanks, and the plan may have none. *expected* is the document that
    a policy to be detached had when the plan was made; None when that is not known.
    """
    if state.get("holder") is False:
        return Judgement(Standing.DRIFTED, f"`{change.holder}` is gone")
    kind = change.kind
    if kind in {ChangeKind.PUT_INLINE_POLICY, ChangeKind.PUT_SET_POLICY}:
        return _replaced(state["document"], change)
    if kind is ChangeKind.PROVISION_SET:
        return Judgement(Standing.READY)
    if kind in {ChangeKind.DETACH_SET_POLICY, ChangeKind.DETACH_SET_REFERENCE}:
        return _flag(is_done=not state["attached"])
    if kind is ChangeKind.CREATE_POLICY_VERSION:
        return _replaced(state["document"], change) if state["exists"] else _drifted(f"`{change.policy}` is gone")
    if kind is ChangeKind.CREATE_POLICY:
        if not state["exists"]:
            return Judgement(Standing.READY)
        if same(state["document"], change.document):
            return Judgement(Standing.DONE)
        return _drifted(f"there is a policy `{change.policy}` with another document")
    if kind in {ChangeKind.DELETE_INLINE_POLICY, ChangeKind.DELETE_SET_POLICY}:
        if state["document"] is None:
            return Judgement(Standing.DONE)
        if not same(state["document"], change.before):
            return _drifted("the policy was changed since the plan was made")
        return Judgement(Standing.READY)
    if kind is ChangeKind.DETACH_POLICY:
        wanted = change.before if change.before is not None else expected
        if state["attached"] and wanted is not None and not same(state["document"], wanted):
            return _drifted(
                "the policy to detach was changed since the plan was made: what it grants now is not in the plan"
            )
        return _flag(is_done=not state["attached"])
    if kind is ChangeKind.ATTACH_POLICY:
        return _flag(is_done=state["attached"])
    if kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        if state["boundary"] not in {None, change.policy, change.before}:
            return _drifted(f"there is another boundary: `{state['boundary']}`")
        return _flag(is_done=state["boundary"] == change.policy)
    if kind is ChangeKind.ADD_USER_TO_GROUP:
        return _flag(is_done=state["member"])
    if kind is ChangeKind.REMOVE_USER_FROM_GROUP:
        return _flag(is_done=not state["member"])
    if kind is ChangeKind.DEACTIVATE_ACCESS_KEY:
        return _flag(is_done=state["status"] != "Active")  # a key that is gone opens nothing either
    if kind is ChangeKind.DELETE_ACCESS_KEY:
        return _flag(is_done=state["status"] is None)
    # a group that is to be made, a login that is to go
    return _flag(is_done=state["exists"] is (kind is ChangeKind.CREATE_GROUP))


def risk(change: Change) -> str:
    """Return what a reader should know before saying yes."""
    if change.kind is ChangeKind.PUT_INLINE_POLICY:
        if change.before is not None:
            return "replaces what the policy grants"
        return "refuses what its Deny names" if _denies(change) else "none by itself: a new policy"
    return _RISKS[change.kind]


def takes_away(change: Change) -> bool:
    """Whether somebody can do less after the change."""
    if change.kind is ChangeKind.PUT_INLINE_POLICY:
        return change.before is not None or _denies(change)
    return change.kind not in {
        ChangeKind.CREATE_POLICY,
        ChangeKind.ATTACH_POLICY,
        ChangeKind.CREATE_GROUP,
        ChangeKind.ADD_USER_TO_GROUP,
    }


def same(one: str | None, other: str | None) -> bool:
    """Whether two documents are the same JSON; None is only like None."""
    if one is None or other is None:
        return one is other
    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return one == other


def _denies(change: Change) -> bool:
    """Whether the document has a Deny; one that cannot be read may have."""
    try:
        statements = json.loads(change.document or "")["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return any(one["Effect"] == "Deny" for one in listed)
    except (ValueError, KeyError, TypeError, RecursionError):
        return True


def _replaced(today: str | None, change: Change) -> Judgement:
    if same(today, change.document):
        return Judgement(Standing.DONE)
    if same(today, change.before):
        return Judgement(Standing.READY)
    if today is None:
        return _drifted("the policy is gone")
    return _drifted(
        "the policy was changed since the plan was made"
        if change.before is not None
        else "there is a policy of that name already"
    )


def _flag(*, is_done: bool) -> Judgement:
    return Judgement(Standing.DONE if is_done else Standing.READY)


def _drifted(why: str) -> Judgement:
    return Judgement(Standing.DRIFTED, why)
