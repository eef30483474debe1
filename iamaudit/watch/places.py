"""Where a restored statement goes in something shared or in a boundary, and whether it has room there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Effect, Policy
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size, to_json
from iamaudit.recommend.evidence import CurrentPolicy
from iamaudit.recommend.fit import LARGEST_POLICY
from iamaudit.recommend.group import Versioned, unique_sids_of
from iamaudit.recommend.permission_sets import INLINE, LARGEST_INLINE
from iamaudit.recommend.sources import WITH_VARIABLES
from iamaudit.watch.applied import Applied

_WHY = "gives back what was refused since the last change"


@dataclass(frozen=True, slots=True)
class Placed:
    """The changes that put restored statements into a policy that is there, or `refused`: why they cannot go there."""

    changes: tuple[Change, ...] = ()
    policies: tuple[Policy, ...] = ()  # all of the thing's afterwards
    refused: str = ""


def into_policy(latest: Applied, restored: Sequence[Policy]) -> Placed:
    """Return a new version of the customer-managed policy `latest.thing` with *restored* in it."""
    if len(latest.after) != 1:
        return Placed(refused="what the policy says today is not known")
    today = latest.after[0]
    return _version(latest.principal, today, today.policy, restored)


def into_boundary(latest: Applied, restored: Sequence[Policy]) -> Placed:
    """Return a new version of a boundary of ours; the Deny of one that allows nothing goes, since it would refuse all."""
    today = latest.boundary[0]
    allowing = tuple(one for one in today.policy.statements if one.effect is Effect.ALLOW)
    # a boundary that allows nothing is one Deny of everything, as a policy must have a statement
    base = today.policy if allowing else replace(today.policy, statements=())
    return _version(today.policy_id, today, base, restored)


def into_set(latest: Applied, restored: Sequence[Policy]) -> Placed:
    """Return the permission set's one inline policy with *restored* in it, and its provisioning."""
    text = _inline_of(latest)
    before = None if text is None else parse(text, name=INLINE)
    if before is None and len(restored) != 1:
        return Placed(refused="statements of both versions of the policy language do not go into one inline policy")
    base = replace(restored[0], statements=()) if before is None else before
    whole = _together(base, restored)
    if whole is None:
        return Placed(refused="statements of both versions of the policy language do not go into one inline policy")
    if size(whole) > LARGEST_INLINE:
        return Placed(refused=f"its inline policy would have {size(whole):,} characters, more than AWS takes")
    put = Change(ChangeKind.PUT_SET_POLICY, latest.principal, INLINE, to_json(whole, indent=None), text, _WHY)
    provision = Change(ChangeKind.PROVISION_SET, latest.principal, "", why="until then the roles are as today")
    others = tuple(one.policy for one in latest.after if before is None or one.policy != before)
    return Placed((put, provision), (whole, *others))


def _version(arn: str, today: CurrentPolicy, base: Policy, restored: Sequence[Policy]) -> Placed:
    whole = _together(base, restored)
    if whole is None:
        return Placed(refused="statements of both versions of the policy language do not go into one policy")
    if size(whole) > LARGEST_POLICY:
        return Placed(refused=f"it would have {size(whole):,} characters, more than AWS takes in a policy")
    text = to_json(whole, indent=None)
    change = Change(ChangeKind.CREATE_POLICY_VERSION, "", arn, text, today.document, _WHY)
    return Placed((change,), (whole,))


def _together(base: Policy, restored: Sequence[Policy]) -> Policy | None:
    """Return *base* with the statements of *restored*, their Sids made unique; None where the versions differ."""
    if any(policy.version != base.version for policy in restored):
        return None
    own = [Versioned(one, base.version or WITH_VARIABLES, is_carried=True) for one in base.statements]
    more = [Versioned(one, base.version or WITH_VARIABLES) for policy in restored for one in policy.statements]
    return replace(base, statements=tuple(one.statement for one in unique_sids_of([*own, *more])))


def _inline_of(latest: Applied) -> str | None:
    """Return the inline policy of a permission set after its last change: what that put, or what it left."""
    changes = () if latest.plan is None else latest.plan.changes
    for change in changes:
        if change.kind is ChangeKind.PUT_SET_POLICY:
            return change.document
        if change.kind is ChangeKind.DELETE_SET_POLICY:
            return None
    found = [one for one in latest.before if one.kind == "inline"]
    return json.dumps(json.loads(found[0].document)) if found else None
