"""Whether today's policies as a whole surely refuse a use: then it was granted elsewhere, and is not ours to keep."""

from __future__ import annotations

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet
from iamaudit.policy.decide import Decider
from iamaudit.recommend.evidence import ObservedUse, PrincipalEvidence
from iamaudit.recommend.sources import context_of, is_pattern, open_request


class Gate:
    """Whether today's policies as a whole, boundary and Denies included, surely refuse a use."""

    def __init__(self, evidence: PrincipalEvidence) -> None:
        """Read the policies of today once."""
        self._arn = evidence.arn
        identity = tuple(one.policy for one in evidence.current)
        boundary = None if evidence.boundary is None else (evidence.boundary,)
        self._decider = Decider(PolicySet(identity=identity, boundary=boundary))
        everything = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))
        # a Deny that spares some resource may spare the one that the log does not tell
        denies = tuple(
            Policy(
                tuple(s for s in policy.statements if s.effect is Effect.DENY and "*" in s.resources),
                version=policy.version,
            )
            for policy in identity
        )
        self._denies = Decider(PolicySet(identity=(everything, *denies)))

    def refusal(self, use: ObservedUse) -> str:
        """Return why *use* cannot come from an identity policy of today, or an empty text."""
        request = open_request(self._arn, use.action, use.resource, context_of(use))
        if is_pattern(use):
            # a boundary or an Allow may name the unknown resource; only a Deny of everything is sure
            if use.resource != "*":
                return ""
            denied = self._denies.decide_for_caller(request)
            return "a Deny of today refuses it" if denied.decision is Decision.EXPLICITLY_DENIED else ""
        verdict = self._decider.decide_for_caller(request)
        if verdict.decision is Decision.EXPLICITLY_DENIED:
            return "a Deny of today refuses it"
        if verdict.decision is Decision.ALLOWED or verdict.conditional_on:
            return ""
        if verdict.decided_by == "boundary":
            return "the permissions boundary of today does not allow it"
        return "no identity policy of today allows it"
