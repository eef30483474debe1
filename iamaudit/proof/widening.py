"""The second half of the proof: the proposed policies allow nothing that today's do not, and deny nothing less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.compare import Witness, compare
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.propose import Proposal

METHOD = (
    "containment: every proposed Allow statement is shown, action by action and resource pattern by resource pattern, to "
    "lie inside Allow statements of today under the same conditions or more, with today's Deny statements kept"
)
_NO_LONGER_DENIED = "today's Deny refuses it whatever a resource policy allows, the proposed policies do not"


@dataclass(frozen=True, slots=True)
class Widening:
    """Requests that only the proposal allows or no longer denies, and statements for which no proof was found."""

    widened: tuple[Witness, ...]
    not_proven: tuple[str, ...]
    method: str = METHOD

    @property
    def is_contained(self) -> bool:
        """Whether it is proven that nothing is allowed that was not."""
        return not self.widened and not self.not_proven


def widening(evidence: PrincipalEvidence, proposal: Proposal, catalogue: Actions) -> Widening:
    """Compare the proposal with today's identity policies; the boundary stays as it is and is left out.

    A Deny counts by itself: where no proposed Allow needs it, it still overrules what a resource policy grants
    (domain.md §3.2, explicit deny), so losing one may give access.
    """
    today = tuple(one.policy for one in evidence.current)
    comparison = compare(today, proposal.policies, catalogue.all_actions())
    lost = _lost_denies(today, proposal.policies)
    if not lost:
        return Widening(comparison.widened, comparison.not_proven)
    # what today denies must lie inside what is still denied: the same question with the sides turned, on Denies alone
    denied = compare(_as_allows(_denies(proposal.policies)), _as_allows(lost), catalogue.all_actions())
    undone = tuple(replace(one, note=_NO_LONGER_DENIED) for one in denied.widened)
    doubtful = tuple(f"Deny of today: {one}" for one in denied.not_proven)
    return Widening((*comparison.widened, *undone), (*comparison.not_proven, *doubtful))


_Versioned = tuple[Statement, str | None]


def _denies(policies: Iterable[Policy]) -> Iterator[_Versioned]:
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is Effect.DENY:
                yield replace(statement, sid=None), policy.version


def _lost_denies(today: Iterable[Policy], proposed: Iterable[Policy]) -> list[_Versioned]:
    """Return today's Denies that the proposal does not hold word for word: mostly none, and then nothing is to prove."""
    kept = set(_denies(proposed))
    return [one for one in _denies(today) if one not in kept]


def _as_allows(denies: Iterable[_Versioned]) -> list[Policy]:
    return [Policy((replace(statement, effect=Effect.ALLOW),), version=version) for statement, version in denies]
