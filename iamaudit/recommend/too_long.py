"""Whether a keep set is beyond AWS's quotas by its unseen actions alone, told before a single grain is made."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

from iamaudit.recommend.arrange import Limits
from iamaudit.recommend.buckets import fitting
from iamaudit.recommend.drafts import named_by_allows
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.keep import Keeper
from iamaudit.recommend.sources import Source


def least_policies(
    evidence: PrincipalEvidence, keeper: Keeper, catalogue: Actions, unknown: Collection[str], limits: Limits
) -> int:
    """Return how many managed policies the actions *unknown* take alone, provided that `arrange` writes every action out.

    Counted are the names, in quotes, of actions that only managed policies of the principal's own grant, all of which surely
    change: each must be written in one of them, and all else makes the policies longer still. 0 when it is not sure that they
    are more than AWS attaches.
    """
    own = {one.policy_id: one for one in evidence.current if one.through == evidence.arn and one.kind != "inline"}
    room = limits.largest * max(limits.most, len(own))
    if sum(len(action) for action in unknown) + len('""') * len(unknown) <= room:
        return 0
    left = keeper.at_most(unknown)
    changed = {
        key for key, one in own.items() if one.agreed is None and not named_by_allows(one.policy, catalogue) <= left
    }
    speaking = keeper.naming.naming_each(unknown)
    written = (action for action, sources in speaking.items() if _is_written(action, sources, evidence.arn, changed))
    length = sum(len(action) + len('""') for action in written)
    return ceil(length / limits.largest) if length > room else 0


def _is_written(action: str, sources: Collection[Source], principal: str, changed: Collection[str]) -> bool:
    """Whether *sources* grant the action, and all of them are statements of policies that are written anew."""
    if any(one.whole or one.policy.through != principal or one.policy.policy_id not in changed for one in sources):
        return False
    return any(one.statement.not_resources or fitting(action, one.statement.resources) for one in sources)
