"""The laws of faults: what is called superfluous can go."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Effect, Policy
from iamaudit.model.verdict import Decision, PolicySet
from iamaudit.policy.condition_faults import never_holds
from iamaudit.policy.decide import decide
from iamaudit.policy.shadows import shadow_of
from tests.amount import examples
from tests.properties.strategies_policy import requests, statements

quick = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
several = st.lists(statements(), min_size=2, max_size=4).map(lambda found: Policy(tuple(found)))


def without(policy, number):
    return replace(policy, statements=policy.statements[: number - 1] + policy.statements[number:])


@quick
@given(several, st.lists(requests(), min_size=1, max_size=5))
def test_a_shadowed_statement_can_go(policy, asked):
    """No decision changes; only which Deny is named, or whether a denial was explicit by this one or the other."""
    for number, statement in enumerate(policy.statements, 1):
        if list(shadow_of(policy, number, statement)):
            for request_ in asked:
                before = decide(request_, PolicySet(identity=(policy,)))
                after = decide(request_, PolicySet(identity=(without(policy, number),)))

                assert before.decision is after.decision


@quick
@given(statements(effects=(Effect.ALLOW,)), requests())
def test_what_never_holds_allows_nothing(statement, request_):
    if list(never_holds(statement)):
        assert Decision.ALLOWED is not decide(request_, PolicySet(identity=(Policy((statement,)),))).decision
