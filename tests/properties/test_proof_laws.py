"""The proof believes nobody: whatever policies a proposal carries, those that pass break nothing and add nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamaudit.errors import ProofFailedError
from iamaudit.model.policy import Policy
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.proof.prove import prove
from iamaudit.proof.replay import replay
from iamaudit.recommend.propose import Proposal, propose
from tests.amount import examples
from tests.properties import strategies_recommend as world

CATALOGUE = world.SmallCatalogue()
quick = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def cases(draw):
    """Evidence and a proposal for it: the true one with statements lost, doubled, changed and added, or a random one."""
    evidence = draw(world.evidence())
    proposal = propose(evidence, CATALOGUE)
    statements = [one for policy in proposal.policies for one in policy.statements]
    kept = [one for one in statements if draw(st.integers(0, 3))]
    changed = [_changed(draw, one) for one in kept]
    added = draw(st.lists(world.statements(), max_size=1))
    return evidence, Proposal(evidence.arn, policies=(Policy((*changed, *added)),))


def _changed(draw, statement):
    kind = draw(st.integers(0, 7))
    if kind == 0 and statement.resources:
        return replace(statement, resources=draw(world.some(world.PATTERNS)))
    if kind == 1:
        return replace(statement, conditions=draw(world.some(world.CONDITIONS, least=0, most=1)))
    if kind == 2 and statement.actions:
        return replace(statement, actions=draw(world.some(world.ACTION_PATTERNS)))
    return statement


def _decider(policies, boundary=None):
    return Decider(PolicySet(identity=tuple(policies), boundary=boundary))


@quick
@given(cases(), st.sampled_from(world.CONTEXTS))
def test_what_passes_the_proof_breaks_nothing_and_adds_nothing(case, truth):
    evidence, proposal = case
    boundary = None if evidence.boundary is None else (evidence.boundary,)
    today = [one.policy for one in evidence.current]
    before, after = _decider(today, boundary), _decider(proposal.policies, boundary)

    try:
        prove(evidence, proposal, CATALOGUE)
    except ProofFailedError:
        return

    for use in evidence.uses:
        known = {"aws:ViaAWSService": "true" if use.via else "false"}
        names = world.RESOURCES if use.resource == "*" else (use.resource,)
        for name in names if CATALOGUE.takes_resource(use.action) else ("*",):
            request = Request(world.PRINCIPAL, use.action, name, context={**truth, **known, **use.conditions})
            if before.decide_for_caller(request).decision is Decision.ALLOWED:
                assert Decision.ALLOWED is after.decide_for_caller(request).decision, (use, request)
    free_before, free_after = _decider(today), _decider(proposal.policies)
    for action in world.ACTIONS:
        for name in world.RESOURCES:
            request = Request(world.PRINCIPAL, action, name, context=truth)
            then, now = free_before.decide_for_caller(request).decision, free_after.decide_for_caller(request).decision
            assert now is not Decision.ALLOWED or then is Decision.ALLOWED, request
            assert then is not Decision.EXPLICITLY_DENIED or now is Decision.EXPLICITLY_DENIED, request


@quick
@given(cases())
def test_the_calls_denied_are_some_of_the_calls(case):
    evidence, proposal = case

    result = replay(evidence, proposal, CATALOGUE)

    assert 0 <= result.denied_calls <= result.calls <= sum(use.count for use in evidence.uses)
    assert bool(result.denied) == bool(result.denied_calls)
