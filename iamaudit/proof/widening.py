"""The second half of the proof: the proposed policies allow nothing that today's do not."""

from __future__ import annotations

from dataclasses import dataclass

from iamaudit.policy.compare import Witness, compare
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.propose import Proposal

METHOD = (
    "containment: every proposed Allow statement is shown, action by action and resource pattern by resource pattern, to "
    "lie inside Allow statements of today under the same conditions or more, with today's Deny statements kept"
)


@dataclass(frozen=True, slots=True)
class Widening:
    """Requests that only the proposal allows, and statements for which no proof was found."""

    widened: tuple[Witness, ...]
    not_proven: tuple[str, ...]
    method: str = METHOD

    @property
    def is_contained(self) -> bool:
        """Whether it is proven that nothing is allowed that was not."""
        return not self.widened and not self.not_proven


def widening(evidence: PrincipalEvidence, proposal: Proposal, catalogue: Actions) -> Widening:
    """Compare the proposal with today's identity policies; the boundary stays as it is and is left out."""
    today = tuple(one.policy for one in evidence.current)
    comparison = compare(today, proposal.policies, catalogue.all_actions())
    return Widening(comparison.widened, comparison.not_proven)
