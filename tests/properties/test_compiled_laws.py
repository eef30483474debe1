"""The compiled decider says what `decide` says, whatever the policies and the requests."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Condition, Effect, Policy, PrincipalPattern, Statement
from iamaudit.model.verdict import PolicySet, Request
from iamaudit.policy.compiled import CompiledDecider
from iamaudit.policy.decide import Decider
from iamaudit.policy.match import resource_matches
from iamaudit.policy.matcher import matcher
from tests.amount import examples
from tests.properties.strategies_policy import (
    ACTIONS,
    KEYS,
    RESOURCES,
    condition_blocks,
    levels,
    limits,
    policies,
    policy_lists,
    statements,
    values,
)

quick = settings(
    max_examples=examples(150, least=60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
PRINCIPALS = (
    "arn:aws:iam::111122223333:user/p",
    "arn:aws:iam::111122223333:user/*",
    "arn:aws:iam::111122223333:role/path/r",
    "arn:aws:sts::111122223333:assumed-role/r/session",
    "arn:aws:iam::444455556666:root",
    "arn:aws:sts::111122223333:federated-user/f",
    {"type": "Anonymous"},
    {"type": "Service", "service": "ec2.amazonaws.com"},
)
WITH_VARIABLES = ("arn:x:a:::${aws:username}", "arn:x:a:::${ k:one }*", "arn:x:a:::${k:two, 'p'}q", "arn:x:a:::p${*}")
THINGS = (
    *RESOURCES,
    "arn:x:a:::p*",
    "arn:aws:a::111122223333:v",
    "arn:aws:a::444455556666:vq",
    "arn:aws:kms:r:1:key/k",
)
MORE_ACTIONS = (*ACTIONS, "sts:AssumeRole", "sts:GetCallerIdentity", "kms:Decrypt", "kms:RetireGrant", "s3:GetObject")

patterned = st.builds(
    lambda statement, patterns, block, *, negated: replace(
        statement,
        resources=() if negated else patterns,
        not_resources=patterns if negated else (),
        conditions=(*statement.conditions, *block),
    ),
    statements(),
    st.lists(st.sampled_from((*WITH_VARIABLES, "*", "arn:aws:a:*:*:v*", "arn:x:a:::p")), min_size=1, max_size=3).map(
        tuple
    ),
    st.just(()) | st.sampled_from(KEYS).map(lambda key: (Condition("StringLike", key, ("${aws:username}", "v*")),)),
    negated=st.booleans(),
)
variable_policies = st.builds(
    lambda found, version: Policy(tuple(found), version=version),
    st.lists(patterned, min_size=1, max_size=2),
    st.sampled_from(("2012-10-17", "2008-10-17")),
)
named = st.lists(
    st.sampled_from(
        (
            PrincipalPattern("*", "*"),
            PrincipalPattern("AWS", "111122223333"),
            PrincipalPattern("AWS", "arn:aws:iam::111122223333:role/path/r"),
            PrincipalPattern("AWS", "arn:aws:iam::111122223333:user/p"),
            PrincipalPattern("Service", "ec2.amazonaws.com"),
        )
    ),
    min_size=1,
    max_size=2,
).map(tuple)
resource_policies = st.builds(
    lambda found, who, *, negated: Policy(
        tuple(replace(s, **{"not_principals" if negated else "principals": who}) for s in found)
    ),
    st.lists(statements() | patterned, min_size=1, max_size=2),
    named,
    negated=st.booleans(),
)
guardrails = st.builds(
    lambda who, actions, block: Policy(
        (Statement(Effect.DENY, actions=actions, resources=("*",), principals=who, conditions=block),)
    ),
    named,
    st.sampled_from((("*",), ("a:*",), ("b:Get",))),
    condition_blocks,
)
all_kinds = st.builds(
    PolicySet,
    identity=st.lists(policies | variable_policies, max_size=3).map(tuple),
    resource=st.none() | st.none() | resource_policies,
    boundary=limits,
    session=st.none() | st.none() | policy_lists,
    scp=st.none() | levels,
    rcp=st.none() | st.lists(st.lists(guardrails, max_size=1).map(tuple), max_size=1).map(tuple),
    endpoint=st.none() | st.none() | st.lists(resource_policies, max_size=1).map(tuple),
    acl=st.sampled_from(
        (
            None,
            None,
            None,
            {"Grants": [{"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]},
        )
    ),
)
requests = st.builds(
    Request,
    st.sampled_from(PRINCIPALS),
    st.sampled_from(MORE_ACTIONS),
    st.sampled_from(THINGS),
    st.sampled_from((None, "111122223333", "444455556666")),
    context=st.dictionaries(
        st.sampled_from((*KEYS, "K:ONE", "aws:username", "aws:ViaAWSService")),
        values | st.lists(values, max_size=2),
        max_size=3,
    ),
    principal_in_management_account=st.sampled_from((False, False, True)),
    principal_tags=st.sampled_from(({}, {}, {"team": "v"})),
    closed=st.booleans(),
)


@quick
@given(all_kinds, st.lists(requests, min_size=1, max_size=12), st.booleans())
def test_the_compiled_decider_says_what_decide_says(found, asked, for_caller):
    decider = Decider(found)
    slow = decider.decide_for_caller if for_caller else decider.decide

    answers = CompiledDecider(found, for_caller=for_caller).decide(asked)

    expected = [slow(one) for one in asked]
    assert [(one.decision, one.decided_by, one.conditional_on) for one in expected] == answers


@quick
@given(all_kinds, st.sampled_from(PRINCIPALS), st.sampled_from(ACTIONS), st.booleans())
def test_what_was_asked_before_changes_no_answer(found, principal, action, closed):
    """All resources with one context: every answer but the first of its kind comes from memory."""
    asked = [Request(principal, action, thing, "111122223333", closed=closed) for thing in (*THINGS, *reversed(THINGS))]
    compiled = CompiledDecider(found)

    answers = compiled.decide(asked)

    assert [CompiledDecider(found).decide([one])[0] for one in asked] == answers == compiled.decide(iter(asked))


patterns = st.lists(
    st.text(alphabet="a:*?\ufdd0", max_size=9)
    | st.sampled_from(("*", "**", "arn:a:a:::a", "arn:a:a:::a*", "arn:a:a:::*", "arn:a:a", "arn:*:a:::a?")),
    max_size=4,
)


@quick
@given(
    patterns,
    st.text(alphabet="a:*", max_size=9) | st.sampled_from(("arn:a:a:::a", "arn:a:a:::", "arn:a:a:::ab:c", "*")),
    st.booleans(),
)
def test_a_matcher_says_what_the_patterns_say_one_by_one(found, resource, pad_short):
    expected = any(resource_matches(pattern, resource, pad_short=pad_short) for pattern in found)

    assert expected == bool(matcher(tuple(found), pad_short=pad_short)(resource))
