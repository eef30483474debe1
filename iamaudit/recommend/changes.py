"""From the parts of a proposal to the steps that bring them about: what grants comes before what takes away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from iamaudit.model.change import Change, ChangeKind
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.parts import ProposedPolicy, ordered


def changes_of(evidence: PrincipalEvidence, parts: Sequence[ProposedPolicy], *, most: int) -> tuple[Change, ...]:
    """Return the changes in the order in which they can be done one by one, so that every kept use is allowed throughout.

    The one exception: where *most* policies are attached already, a new one finds room only after one that it replaces is
    detached; its `why` says so. Policies that a group holds are not changed, and nothing is for a role of Identity Center,
    which would undo it.
    """
    if evidence.permission_set is not None:
        return ()
    own = [part for part in parts if part.through == evidence.arn]
    today = {one.policy_id: one for one in ordered(evidence) if one.through == evidence.arn}
    creating, attaching, shrinking = [], [], []
    for part in own:
        if part.is_untouched or part.is_elsewhere:
            continue
        before = today.get(part.policy_id)
        if before is None:
            creating.append(Change(ChangeKind.CREATE_POLICY, "", part.policy_id, part.document, None, part.change))
            attaching.append(part)
        else:
            shrinking.append(_in_place(evidence, part, before))
    left = {part.policy_id for part in own}
    gone = [one for key, one in today.items() if key not in left]
    managed_today = sum(one.kind != "inline" for one in today.values())
    steps = [*creating]
    if managed_today + len(attaching) <= most:
        steps += [_attached(evidence, part) for part in attaching]
        return (*steps, *shrinking, *(_removed(evidence, one, own) for one in gone))
    room = most - managed_today
    return (*steps, *_in_turns(evidence, own, attaching, gone, room), *shrinking)


def _in_turns(
    evidence: PrincipalEvidence,
    own: Sequence[ProposedPolicy],
    attaching: Sequence[ProposedPolicy],
    gone: Sequence[CurrentPolicy],
    room: int,
) -> list[Change]:
    """Return attachments and removals so that no more policies are attached at once than AWS takes."""
    needed = {key for part in attaching for key in part.replaces}
    managed = [one for one in gone if one.kind != "inline"]
    useless = [one for one in managed if one.policy_id not in needed]
    replaced = [one for one in managed if one.policy_id in needed]
    steps = [_removed(evidence, one, own) for one in useless]
    room += len(useless)
    for part in attaching:
        if room < 1 and replaced:
            removed = _removed(evidence, replaced.pop(0), own)
            steps.append(replace(removed, why=f"{removed.why}; before it, since no more policies can be attached"))
            room += 1
        steps.append(_attached(evidence, part))
        room -= 1
    left = [*replaced, *(one for one in gone if one.kind == "inline")]
    return [*steps, *(_removed(evidence, one, own) for one in left)]


def _in_place(evidence: PrincipalEvidence, part: ProposedPolicy, before: CurrentPolicy) -> Change:
    if part.kind == "inline":
        return Change(
            ChangeKind.PUT_INLINE_POLICY, evidence.arn, part.name, part.document, before.document, part.change
        )
    return Change(ChangeKind.CREATE_POLICY_VERSION, "", part.policy_id, part.document, before.document, part.change)


def _attached(evidence: PrincipalEvidence, part: ProposedPolicy) -> Change:
    return Change(ChangeKind.ATTACH_POLICY, evidence.arn, part.policy_id, why=part.change)


def _removed(evidence: PrincipalEvidence, one: CurrentPolicy, own: Iterable[ProposedPolicy]) -> Change:
    names = [part.name for part in own if one.policy_id in part.replaces]
    why = f"replaced by {', '.join(f'`{name}`' for name in names)}" if names else "nothing of it was used or is needed"
    if one.kind == "inline":
        return Change(ChangeKind.DELETE_INLINE_POLICY, evidence.arn, one.name, None, one.document, why)
    return Change(ChangeKind.DETACH_POLICY, evidence.arn, one.policy_id, why=why)
