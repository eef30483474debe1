"""The product's promise, on every request of a small universe."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Effect
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.render import size, to_json
from iamaudit.proof.prove import prove
from iamaudit.proof.replay import replay
from iamaudit.recommend.fit import LARGEST_POLICY, MOST_POLICIES
from iamaudit.recommend.propose import propose
from tests.amount import examples
from tests.properties import strategies_recommend as world

CATALOGUE = world.SmallCatalogue()
CONTEXTS = [*world.CONTEXTS, {"aws:MultiFactorAuthPresent": "false", "aws:RequestedRegion": "eu-west-1"}]
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
options = st.fixed_dictionaries(
    {"keep_unknown": st.booleans(), "level": st.sampled_from(["action", "resource"]), "threshold": st.integers(1, 3)}
)


def _allowed(policies, principal=world.PRINCIPAL):
    """Every request of the small universe that *policies* allow, the context complete."""
    decider = Decider(PolicySet(identity=tuple(policies)))
    found = set()
    for action, resource in itertools.product(world.ACTIONS, world.RESOURCES):
        for number, context in enumerate(CONTEXTS):
            request = Request(principal, action, resource, context=context)
            if decider.decide_for_caller(request).decision is Decision.ALLOWED:
                found.add((action, resource, number))
    return found


def _assert_there_is_nothing_to_do(evidence, proposal, chosen):
    """A refusal is only for those of whom everything that today allows was used, is unknown or fresh."""
    kept = {use.action for use in evidence.uses} | set(evidence.fresh)
    if chosen["keep_unknown"]:
        kept |= {one.action for one in evidence.unknown}
    assert "nothing_to_do" == proposal.refused_kind
    assert {action for action, _, _ in _allowed(one.policy for one in evidence.current)} <= kept


@quick
@given(world.evidence(), options)
def test_nothing_is_allowed_that_was_not(evidence, chosen):
    before = _allowed(one.policy for one in evidence.current)

    proposal = propose(evidence, CATALOGUE, **chosen)

    assert set() == _allowed(proposal.policies) - before


@quick
@given(world.evidence(), st.sampled_from(CONTEXTS), options)
def test_every_observed_success_is_still_allowed(evidence, truth, chosen):
    """The use succeeded in a world that the log tells only a part of: in that world the proposal allows it too."""
    boundary = None if evidence.boundary is None else (evidence.boundary,)
    decider = Decider(PolicySet(identity=tuple(one.policy for one in evidence.current), boundary=boundary))

    proposal = propose(evidence, CATALOGUE, **chosen)

    after = Decider(PolicySet(identity=proposal.policies, boundary=boundary))
    assume(not proposal.refused)
    for use in evidence.uses:
        known = {"aws:ViaAWSService": "true" if use.via else "false"}
        context = {**truth, **known, **use.conditions}
        names = world.RESOURCES if use.resource == "*" else (use.resource,)
        for name in names if CATALOGUE.takes_resource(use.action) else ("*",):
            request = Request(world.PRINCIPAL, use.action, name, context=context)
            if decider.decide_for_caller(request).decision is Decision.ALLOWED:
                assert Decision.ALLOWED is after.decide_for_caller(request).decision, (use, request)


@quick
@given(world.evidence(), options)
def test_every_proposal_passes_its_own_proof(evidence, chosen):
    proposal = propose(evidence, CATALOGUE, **chosen)
    if proposal.refused:
        _assert_there_is_nothing_to_do(evidence, proposal, chosen)
        return

    certificate = prove(evidence, proposal, CATALOGUE).as_json()

    assert (0, 0, []) == (certificate["denied"], certificate["widened"], certificate["not_proven"])


@quick
@given(world.evidence(), options, st.randoms(use_true_random=False))
def test_order_of_uses_and_policies_does_not_matter(evidence, chosen, random):
    shuffled = replace(
        evidence,
        uses=tuple(random.sample(evidence.uses, len(evidence.uses))),
        current=tuple(random.sample(evidence.current, len(evidence.current))),
        unknown=tuple(random.sample(evidence.unknown, len(evidence.unknown))),
    )

    one, other = propose(evidence, CATALOGUE, **chosen), propose(shuffled, CATALOGUE, **chosen)

    assert one == other
    assert [to_json(policy) for policy in one.policies] == [to_json(policy) for policy in other.policies]


@quick
@given(world.evidence(), options)
def test_deny_statements_survive(evidence, chosen):
    def bare(statement):
        return replace(statement, sid=None)

    denies = {bare(s) for one in evidence.current for s in one.policy.statements if s.effect is Effect.DENY}

    proposal = propose(evidence, CATALOGUE, **chosen)
    if proposal.refused:  # today's policies stay
        _assert_there_is_nothing_to_do(evidence, proposal, chosen)
        return

    proposed = {bare(s) for policy in proposal.policies for s in policy.statements if s.effect is Effect.DENY}
    assert denies == proposed


@quick
@given(world.evidence(), options)
def test_no_allow_with_not_action_is_ever_written(evidence, chosen):
    proposal = propose(evidence, CATALOGUE, **chosen)

    allows = [s for policy in proposal.policies for s in policy.statements if s.effect is Effect.ALLOW]
    assert all(statement.actions and not statement.not_actions for statement in allows)


@quick
@given(world.evidence(), st.integers(700, 2000), st.integers(1, 4))
def test_a_proposal_is_within_the_quotas_or_refused(evidence, largest, most):
    proposal = propose(evidence, CATALOGUE, largest=largest, most=most)

    changed = [part.policy for part in proposal.parts if not part.is_untouched]
    assert len(proposal.policies) <= max(most, len(evidence.current)) <= MOST_POLICIES
    assert all(size(policy) <= largest <= LARGEST_POLICY for policy in changed)
    assert not (proposal.refused and proposal.policies)


@quick
@given(world.evidence())
def test_the_books_of_a_replay_balance(evidence):
    result = replay(evidence, propose(evidence, CATALOGUE), CATALOGUE)

    assert result.replayed == result.allowed + result.denied
    assert result.replayed + result.not_allowed_today <= len(evidence.uses)
    assert result.conditional <= result.allowed
