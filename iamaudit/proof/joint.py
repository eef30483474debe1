"""The proof of a shared thing: every holder's uses replayed against its other policies and the thing as proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from iamaudit.errors import InputError, ProofFailedError
from iamaudit.model.policy import Policy
from iamaudit.proof.certificate import REPLAY_RULE, Certificate, certificate
from iamaudit.proof.prove import why_not
from iamaudit.proof.replay import Replay, replay
from iamaudit.proof.widening import Widening, widening
from iamaudit.recommend.evidence import Actions, PrincipalEvidence
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.propose import Proposal

METHOD: Final = (
    f"for each holder, against its other policies of today and the proposed ones of what is shared: {REPLAY_RULE}"
)
_WIDENING: Final = "what is shared is compared alone, and every Deny of it stays: whatever else a holder has, it can do no more than today"


def prove_shared(
    shared: Shared, proposal: Proposal, catalogue: Actions, *, versions: Mapping[str, str] | None = None
) -> Certificate:
    """Return the certificate of a shared thing's proposal, with the numbers of each holder in `holders`.

    Raises ProofFailedError and InputError as `prove` does.
    """
    if proposal.refused:
        raise InputError(f"nothing was proposed for `{proposal.principal}`: {proposal.refused}")
    found = {
        one.evidence.arn: replayed_with(
            one.evidence, [*(other.policy for other in one.others), *proposal.policies], catalogue
        )
        for one in shared.holders
    }
    contained = widening(shared.whole, proposal, catalogue)
    total = summed(found.values())
    if total.denied or not contained.is_contained:
        raise ProofFailedError(why_not(proposal, total, contained))
    fields = certificate(shared.whole, proposal, total, contained, versions=versions or {})
    fields["method"] = {"replay": METHOD, "widening": f"{_WIDENING}; {contained.method}"}
    fields["holders"] = [_of_holder(arn, one, contained) for arn, one in found.items()]
    return Certificate(fields)


def certified_for_each(
    shared: Shared, proposal: Proposal, catalogue: Actions, *, versions: Mapping[str, str]
) -> Certificate:
    """Return the certificate of what takes the place of everything that each holder has; each is compared with its own today.

    Raises ProofFailedError when one holder would lose a use or could do more than today.
    """
    replays, contained = {}, {}
    for one in shared.holders:
        own = Proposal(one.evidence.arn, policies=proposal.policies)
        replays[one.evidence.arn] = replay(one.evidence, own, catalogue)
        contained[one.evidence.arn] = widening(one.evidence, own, catalogue)
    total = summed(replays.values())
    together = Widening(
        tuple(witness for one in contained.values() for witness in one.widened),
        tuple(text for one in contained.values() for text in one.not_proven),
    )
    if total.denied or not together.is_contained:
        raise ProofFailedError(why_not(proposal, total, together))
    fields = certificate(shared.whole, proposal, total, together, versions=versions)
    fields["holders"] = [_of_holder(arn, replays[arn], contained[arn]) for arn in replays]
    return Certificate(fields)


def replayed_with(evidence: PrincipalEvidence, policies: Sequence[Policy], catalogue: Actions) -> Replay:
    """Return how a holder's uses fare when *policies* are all that it has."""
    return replay(evidence, Proposal(evidence.arn, policies=tuple(policies)), catalogue)


def summed(replays: Iterable[Replay]) -> Replay:
    """Return the numbers of all holders together."""
    every = list(replays)

    def total(name: str) -> int:
        return sum(getattr(one, name) for one in every)

    return Replay(
        replayed=total("replayed"),
        allowed=total("allowed"),
        denied=total("denied"),
        conditional=total("conditional"),
        by_pattern=total("by_pattern"),
        not_allowed_today=total("not_allowed_today"),
        calls=total("calls"),
        failures=tuple(failure for one in every for failure in one.failures),
        denied_calls=total("denied_calls"),
    )


def _of_holder(arn: str, replayed: Replay, contained: Widening) -> dict[str, Any]:
    return {
        "principal": arn,
        "replayed": replayed.replayed,
        "allowed": replayed.allowed,
        "denied": replayed.denied,
        "not_allowed_today": replayed.not_allowed_today,
        "calls": replayed.calls,
        "widened": len(contained.widened),
    }
