"""Conditions from use narrow, and never against what was seen."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.proof.contexts import contexts_of
from iamaudit.proof.prove import prove
from iamaudit.recommend.offers import offers_of, told_of
from iamaudit.recommend.propose import propose
from iamaudit.recommend.ways import ways_of
from tests.amount import examples
from tests.properties import strategies_conditions as told_world
from tests.properties import strategies_recommend as world

CATALOGUE = world.SmallCatalogue()
quick = settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
slower = settings(quick, max_examples=examples(30, least=15))
days = st.integers(1, 90)
least = st.integers(1, 100)


def _proposed(evidence, level):
    return propose(evidence, CATALOGUE, keep_unknown=False, level=level, condition_days=60, condition_uses=1)


@quick
@given(told_world.uses(), days, least)
def test_no_condition_is_offered_that_an_observed_use_contradicts(uses, days, least):
    offers = offers_of(uses, until=told_world.END, days=days, least_uses=least)

    for offer in offers:
        of_it = [use for use in uses if use.action in offer.actions]
        assert of_it
        for use in of_it:
            told = told_of(use, offer.condition.key)
            assert told is not None
            assert told.is_complete
            assert set(told.values) <= set(offer.condition.values)
        assert offer.uses == offer.told >= least


@quick
@given(told_world.evidence())
def test_a_condition_on_the_calling_service_holds_for_every_use_of_it(evidence):
    for (action, resource), conditions in ways_of(evidence.uses, evidence.serves).items():
        uses = [use for use in evidence.uses if (use.action.lower(), use.resource) == (action, resource)]

        for condition in conditions:
            assert {use.conditions.get(condition.key) for use in uses} == set(condition.values)


@slower
@given(told_world.evidence(), st.sampled_from(world.CONTEXTS), st.sampled_from(["resource", "condition"]))
def test_no_observed_use_is_denied_in_any_world_that_fits_what_is_told(evidence, truth, level):
    boundary = None if evidence.boundary is None else (evidence.boundary,)
    before = Decider(PolicySet(identity=tuple(one.policy for one in evidence.current), boundary=boundary))

    proposal = _proposed(evidence, level)

    assume(not proposal.refused)
    after = Decider(PolicySet(identity=proposal.policies, boundary=boundary))
    for use in evidence.uses:
        names = world.RESOURCES if use.resource == "*" else (use.resource,)
        for name in names if CATALOGUE.takes_resource(use.action) else ("*",):
            for context in told_world.contexts(use, truth):
                request = Request(world.PRINCIPAL, use.action, name, context=context)
                if before.decide_for_caller(request).decision is Decision.ALLOWED:
                    assert Decision.ALLOWED is after.decide_for_caller(request).decision, (use, request)


@slower
@given(told_world.evidence())
def test_conditions_allow_nothing_more(evidence):
    """The level `condition` lies inside the level `resource`, and both inside today."""
    plain, narrow = (_proposed(evidence, level) for level in ("resource", "condition"))
    assume(not plain.refused and not narrow.refused)

    today = tuple(one.policy for one in evidence.current)

    assert _allowed(narrow.policies) <= _allowed(plain.policies) <= _allowed(today)


@slower
@given(told_world.evidence(), st.sampled_from(["resource", "condition"]))
def test_a_proposal_with_conditions_passes_its_own_proof(evidence, level):
    proposal = _proposed(evidence, level)
    assume(not proposal.refused)

    certificate = prove(evidence, proposal, CATALOGUE).as_json()

    assert (0, 0, []) == (certificate["denied"], certificate["widened"], certificate["not_proven"])
    today = {one for held in evidence.current for statement in held.policy.statements for one in statement.conditions}
    for offer, told in zip(proposal.offered, certificate["offered_conditions"], strict=True):
        assert told["put"] is (level == "condition") or offer.condition in today


@quick
@given(told_world.evidence(), st.randoms(use_true_random=False))
def test_the_order_of_uses_does_not_change_what_is_offered(evidence, random):
    shuffled = replace(evidence, uses=tuple(random.sample(evidence.uses, len(evidence.uses))))

    one, other = (_proposed(each, "condition") for each in (evidence, shuffled))

    assert (one.offered, one.policies) == (other.offered, other.policies)


@quick
@given(told_world.uses())
def test_a_use_is_asked_in_every_context_that_is_told(uses):
    for use in uses:
        asked = [context.conditions for context in contexts_of(use)]

        for one in use.told:
            seen = {conditions.get(one.key) for conditions in asked}
            assert set(one.values) <= seen
            assert (None in seen) is not one.is_complete


def _allowed(policies):
    """Every request of the small universe that *policies* allow, the context complete."""
    decider = Decider(PolicySet(identity=tuple(policies)))
    known = [*world.CONTEXTS]
    for region, mfa in itertools.product(("eu-west-1", "us-east-1"), ("true", "false")):
        known += [
            {
                "aws:RequestedRegion": region,
                "aws:MultiFactorAuthPresent": mfa,
                "aws:SourceVpce": "vpce-1a",
                "aws:PrincipalOrgID": "o-abcdefghij",
            }
        ]
    return {
        (action, resource, number)
        for action, resource in itertools.product(world.ACTIONS, world.RESOURCES)
        for number, context in enumerate(known)
        if decider.decide_for_caller(Request(world.PRINCIPAL, action, resource, context=context)).decision
        is Decision.ALLOWED
    }
