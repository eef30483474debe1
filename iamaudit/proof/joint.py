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
from iamaudit.recommend.joint import Holder, Shared
from iamaudit.recommend.propose import Proposal

METHOD: Final = (
    f"for each holder, against its other policies of today and the proposed ones of what is shared: {REPLAY_RULE}"
)
_OF_JOINING: Final = (
    "; of who joins it, against the proposed ones and what its other groups grant today, instead of its own policies"
)
_WIDENING_OF_JOINING: Final = "; who joins it is compared with all that it has today, its own policies included"
_WIDENING: Final = "what is shared is compared alone, and every Deny of it stays: whatever else a holder has, it can do no more than today"


def prove_shared(
    shared: Shared,
    proposal: Proposal,
    catalogue: Actions,
    *,
    versions: Mapping[str, str] | None = None,
    joining: Sequence[Holder] = (),
) -> Certificate:
    """Return the certificate of a shared thing's proposal, with the numbers of each holder in `holders`.

    *joining* are users who will hold it instead of policies of their own; what stays beside it is in their `others`.
    Raises ProofFailedError and InputError as `prove` does.
    """
    if proposal.refused:
        raise InputError(f"nothing was proposed for `{proposal.principal}`: {proposal.refused}")
    replays = {
        one.evidence.arn: replayed_with(
            one.evidence, [*(other.policy for other in one.others), *proposal.policies], catalogue
        )
        for one in shared.holders
    }
    alone = widening(shared.whole, proposal, catalogue)
    contained = dict.fromkeys(replays, alone)
    for one in joining:
        replays[one.evidence.arn], contained[one.evidence.arn] = _instead(one, proposal.policies, catalogue)
    total = summed(replays.values())
    together = _all_of([alone, *(contained[one.evidence.arn] for one in joining)])
    if total.denied or not together.is_contained:
        raise ProofFailedError(why_not(proposal, total, together))
    fields = certificate(shared.whole, proposal, total, together, versions=versions or {})
    fields["method"] = {
        "replay": METHOD + (_OF_JOINING if joining else ""),
        "widening": f"{_WIDENING}{_WIDENING_OF_JOINING if joining else ''}; {alone.method}",
    }
    fields["holders"] = [_of_holder(arn, one, contained[arn]) for arn, one in replays.items()]
    return Certificate(fields)


def certified_for_each(
    shared: Shared, proposal: Proposal, catalogue: Actions, *, versions: Mapping[str, str]
) -> Certificate:
    """Return the certificate of what takes the place of all that each holder has but its `others`; each is compared with today.

    Raises ProofFailedError when one holder would lose a use or could do more than today.
    """
    both = {one.evidence.arn: _instead(one, proposal.policies, catalogue) for one in shared.holders}
    total = summed(replayed for replayed, _ in both.values())
    together = _all_of(contained for _, contained in both.values())
    if total.denied or not together.is_contained:
        raise ProofFailedError(why_not(proposal, total, together))
    fields = certificate(shared.whole, proposal, total, together, versions=versions)
    fields["holders"] = [_of_holder(arn, *found) for arn, found in both.items()]
    return Certificate(fields)


def can_live_with(holder: Holder, policies: Sequence[Policy], catalogue: Actions) -> bool:
    """Whether a principal loses no use and gains nothing when *policies* and its `others` are all that it has."""
    replayed, contained = _instead(holder, policies, catalogue)
    return not replayed.denied and contained.is_contained


def _instead(holder: Holder, policies: Sequence[Policy], catalogue: Actions) -> tuple[Replay, Widening]:
    """Compare all that a holder has today with *policies* and what stays beside them."""
    every = (*(one.policy for one in holder.others), *policies)
    proposal = Proposal(holder.evidence.arn, policies=every)
    return replay(holder.evidence, proposal, catalogue), widening(holder.evidence, proposal, catalogue)


def _all_of(found: Iterable[Widening]) -> Widening:
    every = list(found)
    return Widening(
        tuple(witness for one in every for witness in one.widened),
        tuple(text for one in every for text in one.not_proven),
    )


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
