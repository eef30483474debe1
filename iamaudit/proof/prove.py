"""A proposal leaves only with its proof: replayed, contained, and put into a certificate."""

from __future__ import annotations

from collections.abc import Mapping

from iamaudit.errors import InputError, ProofFailedError
from iamaudit.proof.certificate import Certificate, certificate
from iamaudit.proof.replay import Replay, replay
from iamaudit.proof.widening import Widening, widening
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.propose import Proposal

_SHOWN = 5


def prove(
    evidence: PrincipalEvidence,
    proposal: Proposal,
    catalogue: Actions,
    *,
    versions: Mapping[str, str] | None = None,
) -> Certificate:
    """Return the certificate of *proposal*.

    Raises ProofFailedError when an observed use of today would be denied, when something new would be allowed, or when it
    cannot be proven that nothing is. Raises InputError for a proposal that was refused: there is nothing to prove.
    """
    if proposal.refused:
        raise InputError(f"no policy was proposed for `{proposal.principal}`: {proposal.refused}; try `--level action`")
    replayed = replay(evidence, proposal, catalogue)
    contained = widening(evidence, proposal, catalogue)
    if replayed.denied or not contained.is_contained:
        raise ProofFailedError(why_not(proposal, replayed, contained))
    return Certificate(certificate(evidence, proposal, replayed, contained, versions=versions or {}))


def why_not(proposal: Proposal, replayed: Replay, contained: Widening) -> str:
    """Return why a proof fails, in one sentence with what to do."""
    parts = []
    if replayed.denied:
        calls = [f"`{one.use.action}` on `{one.resource}`" for one in replayed.failures]
        parts.append(f"{replayed.denied} observed uses would be denied ({_some(calls)})")
    if contained.widened:
        requests = [f"`{one.action}` on `{one.resource}`" for one in contained.widened]
        parts.append(f"{len(requests)} requests would be newly allowed ({_some(requests)})")
    if contained.not_proven:
        parts.append(f"{len(contained.not_proven)} statements are not proven ({_some(list(contained.not_proven))})")
    reasons = "; ".join(parts)
    return f"the proposal for `{proposal.principal}` fails its proof: {reasons}; keep today's policies and report this"


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
