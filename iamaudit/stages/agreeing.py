"""The proof over all plans together: no member of a group loses a use when every bundle that touches it is applied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from iamaudit.knowledge.actions import ActionCatalogue
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.proof.joint import replayed_with
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.stages.shared_outcome import Moves, Outcome


def agreeing(
    outcomes: Iterable[Outcome], own: Mapping[str, Path], moves: Moves, actions: ActionCatalogue
) -> list[Outcome]:
    """Refuse the groups of a member who would lose a use when every bundle that touches it is applied."""
    found = list(outcomes)
    groups = {one.shared.arn: one for one in found if one.certificate is not None}
    moved: dict[str, Sequence[Policy]] = {
        user.arn: groups[arn].proposal.policies
        for arn, users in moves.joining.items()
        if arn in groups
        for user in users
    }
    moved |= moves.made
    members = {holder.evidence.arn: holder.evidence for one in groups.values() for holder in one.shared.holders}
    broken: dict[str, str] = {}
    for arn, evidence in members.items():
        replayed = replayed_with(evidence, _after_all(evidence, own.get(arn), moved.get(arn), groups), actions)
        if replayed.denied:
            lost = replayed.failures[0]
            why = f"with the plan of `{evidence.name}` it would deny `{lost.use.action}` on `{lost.resource}`"
            broken |= {one.through: why for one in evidence.current if one.through in groups}
    return [
        Outcome(one.shared, one.proposal, None, f"{broken[one.shared.arn]}; report this", "proof", key=one.key)
        if one.shared.arn in broken
        else one
        for one in found
    ]


def _after_all(
    evidence: PrincipalEvidence,
    bundle: Path | None,
    moved: Sequence[Policy] | None,
    groups: Mapping[str, Outcome],
) -> list[Policy]:
    """Return all that a member will have once its own bundle, or its move, and those of its groups are applied."""
    by_group = {one.through for one in evidence.current if one.through in groups}
    policies = [
        one.agreed or one.policy
        for one in evidence.current
        if one.through != evidence.arn and one.through not in groups
    ]
    policies += [policy for arn in sorted(by_group) for policy in groups[arn].proposal.policies]
    if moved is not None:
        return [*policies, *moved]
    if bundle is None:
        return [*policies, *(one.agreed or one.policy for one in evidence.current if one.through == evidence.arn)]
    plan = json.loads((bundle / "plan.json").read_text(encoding="utf-8"))
    own = [one["file"] for one in plan["policies"] if one["through"] == evidence.arn]
    return [*policies, *(parse((bundle / name).read_text(encoding="utf-8")) for name in own)]
