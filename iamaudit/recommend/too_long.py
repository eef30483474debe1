"""Whether a keep set is beyond AWS's quotas by its unseen actions alone, told before any statement is made."""

from __future__ import annotations

from iamaudit.recommend.arrange import Limits
from iamaudit.recommend.drafts import named_by_allows
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.keep import KeepSet


def is_surely_too_long(evidence: PrincipalEvidence, keep: KeepSet, catalogue: Actions, limits: Limits) -> bool:
    """Whether `arrange` refuses *keep* for its length, provided that it writes every action out; False when not sure.

    Counted are the names, in quotes, of actions that no use speaks for, once for each managed policy of the principal's own
    that surely changes: all else makes the policies longer still.
    """
    own = [one for one in evidence.current if one.through == evidence.arn and one.kind != "inline"]
    most = max(limits.most, len({one.policy_id for one in own}))
    names: dict[str, set[str]] = {one.policy_id: set() for one in own if one.agreed is None}
    for grain in keep.grains:
        policy = grain.source.policy
        is_written = grain.origin != "used" and (grain.resources or grain.not_resources)
        if is_written and policy.through == evidence.arn and policy.policy_id in names:
            names[policy.policy_id].add(grain.action)
    if _length(names) <= limits.largest * most:
        return False
    changed = {one.policy_id for one in own if not named_by_allows(one.policy, catalogue) <= keep.actions}
    return _length({key: found for key, found in names.items() if key in changed}) > limits.largest * most


def _length(names: dict[str, set[str]]) -> int:
    return sum(len(action) + len('""') for found in names.values() for action in found)
