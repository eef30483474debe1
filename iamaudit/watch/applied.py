"""A recommendation that was carried out: when, and what the policies of its principal or shared thing were before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from iamaudit.errors import InputError
from iamaudit.model.arn import parse_arn
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import holder_of
from iamaudit.model.plan import Plan
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy

# Identity Center's calls [K: IAM Identity Center user guide, CloudTrail use cases]
_OF_SET: Final = {
    ChangeKind.PUT_SET_POLICY: "PutInlinePolicyToPermissionSet",
    ChangeKind.DELETE_SET_POLICY: "DeleteInlinePolicyFromPermissionSet",
    ChangeKind.DETACH_SET_POLICY: "DetachManagedPolicyFromPermissionSet",
    ChangeKind.DETACH_SET_REFERENCE: "DetachCustomerManagedPolicyReferenceFromPermissionSet",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """One recommendation in force since `at`; `by` is its journal or bundle, `is_whole` whether all of its plan was done.

    Of something shared (`thing`: the ARN of a group, policy or permission set) there is one value for each who holds it:
    `before` and `after` are the thing's policies, `others` what `principal` has beside them, and `doubt` says why that is not
    known for sure; `taken` is what the plan took from a user whom it moved into the group. `boundary` is what was put around policies that stay, `given` what a bundle of `watch --restore` gave.
    """

    principal: str
    at: datetime
    by: str
    before: tuple[CurrentPolicy, ...]
    after: tuple[CurrentPolicy, ...]
    is_whole: bool = True
    thing: str = ""
    others: tuple[CurrentPolicy, ...] = ()
    doubt: str = ""
    taken: tuple[CurrentPolicy, ...] = ()
    boundary: tuple[CurrentPolicy, ...] = ()
    given: tuple[CurrentPolicy, ...] = ()
    plan: Plan | None = None

    @property
    def key(self) -> str:
        """What was changed: the principal's own policies, those of the thing, or the boundary around the principal."""
        return f"{self.principal}#boundary" if self.boundary else self.thing or self.principal


def applied_from(
    plan: Plan, current: Mapping[str, Any], proposed: Sequence[Any], *, at: datetime, by: str, is_whole: bool
) -> Applied:
    """Return the value of a bundle's files; raise InputError for what is none, PolicySyntaxError for a policy that is none."""
    try:
        before = tuple(
            CurrentPolicy(
                str(one["policy_id"]),
                str(one["name"]),
                str(one["kind"]),
                str(one["through"]),
                parse(one["document"], name=str(one["name"])),
                json.dumps(one["document"]),
            )
            for one in current["policies"]
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"`{by}` does not tell the policies before the change: {error!r}") from error
    after = tuple(
        CurrentPolicy(f"proposed-{n}", f"proposed-{n}", "inline", plan.principal, parse(body), json.dumps(body))
        for n, body in enumerate(proposed, 1)
    )
    given, boundary = _given(plan), _boundary(plan)
    return Applied(plan.principal, at, by, before, after, is_whole, boundary=boundary, given=given, plan=plan)


def is_shared(arn: str) -> bool:
    """Whether *arn* names what several hold: a group, a customer-managed policy or a permission set."""
    parts = parse_arn(arn)
    return parts is not None and (parts.service == "sso" or parts.resource.startswith(("group/", "policy/")))


def named(thing: str) -> str:
    """Return a shared thing in words: kind and name; of a permission set its ARN, which has no name in it."""
    parts = parse_arn(thing)
    if parts is None or parts.service == "sso":
        return f"permission set `{thing}`"
    return f"{parts.resource.partition('/')[0]} `{parts.resource.rpartition('/')[2]}`"


def with_boundary(restored: Applied) -> Applied:
    """Return a bundle of `watch --restore` that wrote a new version of the boundary around a principal, as such."""
    changes = () if restored.plan is None or is_shared(restored.principal) else restored.plan.changes
    made = [one for one in changes if one.kind is ChangeKind.CREATE_POLICY_VERSION]
    return replace(restored, boundary=tuple(_put(one, restored.principal) for one in made))


def _given(plan: Plan) -> tuple[CurrentPolicy, ...]:
    """Return the policies that a plan makes anew for its principal."""
    kinds = {ChangeKind.PUT_INLINE_POLICY, ChangeKind.CREATE_POLICY}
    return tuple(
        _put(change, plan.principal) for change in plan.changes if change.kind in kinds and change.before is None
    )


def _boundary(plan: Plan) -> tuple[CurrentPolicy, ...]:
    """Return the boundary that a plan makes and puts around its principal, nothing when it does not."""
    put = {change.policy for change in plan.changes if change.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY}
    made = [one for one in plan.changes if one.kind is ChangeKind.CREATE_POLICY and one.policy in put]
    return tuple(_put(change, plan.principal) for change in made)


def _put(change: Change, principal: str) -> CurrentPolicy:
    text = change.document or "{}"
    return CurrentPolicy(change.policy, change.policy, "customer", principal, parse(text, name=change.policy), text)


def seen_in_events(plan: Plan, writes: Iterable[Mapping[str, Any]]) -> tuple[datetime | None, bool]:
    """Return since when CloudTrail tells that the plan was carried out, and whether all that it takes away was.

    *writes* are rows of `policy_writes`, in the order of time. A write is the plan's when it puts the very document (as JSON) or
    boundary, or takes the very policy; the earliest counts. The document of a permission set may not be recorded: such a
    write may be the plan's, so that not all of it is known to be carried out.
    """
    # a permission set's ARN names no account: its own ARN tells it apart
    rows = [row for row in writes if row["account_id"] == plan.account_id or not plan.account_id]
    wanted = [change for change in plan.changes if takes_away(change)]
    found = [next((row for row in rows if _is_of(change, row)), None) for change in wanted]
    seen = [row for row in found if row is not None]
    is_sure = len(seen) == len(wanted) and not any(_is_untold(row) for row in seen)
    return min((row["event_time"] for row in seen), default=None), is_sure


def takes_away(change: Change) -> bool:
    """Whether something may be refused once *change* is made (of a permission set: once it is provisioned)."""
    return change.kind in {
        ChangeKind.PUT_INLINE_POLICY,
        ChangeKind.CREATE_POLICY_VERSION,
        ChangeKind.DETACH_POLICY,
        ChangeKind.DELETE_INLINE_POLICY,
        ChangeKind.PUT_SET_POLICY,
        ChangeKind.DELETE_SET_POLICY,
        ChangeKind.DETACH_SET_POLICY,
        ChangeKind.DETACH_SET_REFERENCE,
        ChangeKind.PUT_PERMISSIONS_BOUNDARY,
    }


def _is_of(change: Change, row: Mapping[str, Any]) -> bool:
    name = str(row["event_name"])
    if change.kind is ChangeKind.CREATE_POLICY_VERSION:
        return (
            name == "CreatePolicyVersion"
            and row["policy_arn"] == change.policy
            and _same(row["policy_document"], change.document)
        )
    if change.kind in _OF_SET:
        return name == _OF_SET[change.kind] and row["permission_set_arn"] == change.holder and _is_of_set(change, row)
    try:
        holder = holder_of(change.holder)
    except InputError:
        return False
    kind = holder.kind.capitalize()
    if row["holder_name"] != holder.name:
        return False
    if change.kind is ChangeKind.DETACH_POLICY:
        return name == f"Detach{kind}Policy" and row["policy_arn"] == change.policy
    if change.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY:
        return name == f"Put{kind}PermissionsBoundary" and row["policy_arn"] == change.policy
    if row["policy_name"] != change.policy:
        return False
    if change.kind is ChangeKind.DELETE_INLINE_POLICY:
        return name == f"Delete{kind}Policy"
    return name == f"Put{kind}Policy" and _same(row["policy_document"], change.document)


def _is_of_set(change: Change, row: Mapping[str, Any]) -> bool:
    if change.kind is ChangeKind.PUT_SET_POLICY:
        return _is_untold(row) or _same(row["policy_document"], change.document)
    if change.kind is ChangeKind.DETACH_SET_POLICY:
        return bool(row["policy_arn"] == change.policy)
    return change.kind is ChangeKind.DELETE_SET_POLICY or bool(row["policy_name"] == change.policy)


def _is_untold(row: Mapping[str, Any]) -> bool:
    """Whether the record of a permission set's new inline policy does not tell what it says."""
    if row["event_name"] != _OF_SET[ChangeKind.PUT_SET_POLICY]:
        return False
    return not (row["policy_document"] or "").lstrip().startswith("{")


def _same(one: str | None, other: str | None) -> bool:
    try:
        return bool(json.loads(one or "") == json.loads(other or ""))
    except (ValueError, RecursionError):
        return False
