"""Which policy each file of a bundle becomes, in words: a new version, an inline policy, a new policy, or none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from iamaudit.model.change import ChangeKind
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.parts import ProposedPolicy
from iamaudit.recommend.propose import Proposal

_KINDS: Final = {"inline": "inline policy", "customer": "managed policy", "aws": "policy of AWS"}


def becomes(evidence: PrincipalEvidence, proposal: Proposal) -> Iterator[str]:
    """Yield one sentence for each `policy-N.json`, in their order, and one for `boundary.json`.

    Only what the plan does is told as done: what a group or Identity Center holds becomes nothing by this bundle.
    """
    names = {one.policy_id: one.name for one in evidence.current}
    today = {one.policy_id for one in evidence.current if one.through == evidence.arn}
    in_place = today & {part.policy_id for part in proposal.parts}
    for number, part in enumerate(proposal.parts, 1):
        told = _of_part(evidence, part, today, names, in_place, is_planned=bool(proposal.changes))
        yield f"`policy-{number}.json` {told}"
    if proposal.boundary is not None:
        around = next((c.policy for c in proposal.changes if c.kind is ChangeKind.PUT_PERMISSIONS_BOUNDARY), None)
        if around is not None:
            name = around.rpartition("/")[2]
            yield f"`boundary.json` becomes the new managed policy `{name}`, the permissions boundary around them"
        else:
            yield (
                f"`boundary.json` could be the permissions boundary around them; nothing is planned, since the permission set "
                f"`{evidence.permission_set}` of Identity Center owns the role: give the boundary to the set"
            )


def _of_part(
    evidence: PrincipalEvidence,
    part: ProposedPolicy,
    today: set[str],
    names: dict[str, str],
    in_place: set[str],
    *,
    is_planned: bool,
) -> str:
    kind = _KINDS.get(part.kind, "policy")
    if part.is_untouched:
        of = "" if part.through == evidence.arn else f" of `{part.through}`"
        return f"is the {kind} `{part.name}`{of}, which stays as it is"
    if part.is_elsewhere:
        return f"is what the bundle of the policy `{part.name}` itself makes of it for all who hold it"
    if part.through != evidence.arn:
        return f"is what is needed of the {kind} `{part.name}` of `{part.through}`, which this bundle does not change"
    if not is_planned:
        what = "nothing is planned" if evidence.permission_set is None else "the permission set is what to change"
        return f"is what is needed of {_listed(part, names)}; {what}"
    if evidence.kind == "permission_set":
        return "becomes the inline policy of the permission set"
    if part.policy_id not in today and in_place & set(part.replaces):
        return f"becomes the new {kind} `{part.name}`, with what has no room in {_listed(part, names)}"
    if not part.replaces:
        return f"becomes the new {kind} `{part.name}`"
    if part.policy_id not in today:
        return f"becomes the new {kind} `{part.name}`, in place of {_listed(part, names)}"
    if part.kind == "inline":
        return f"becomes the inline policy `{part.name}`, in its place"
    return f"becomes a new version of the {kind} `{part.name}`"


def _listed(part: ProposedPolicy, names: dict[str, str]) -> str:
    return ", ".join(f"`{names.get(key, key)}`" for key in part.replaces)
