"""The laws of the IAM language; each test's name is the theorem."""

import itertools
import random
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Effect, Policy, PolicyKind, PrincipalPattern, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.compare import compare
from iamaudit.policy.decide import Decider, decide
from iamaudit.policy.inclusion import glob_tokens, includes, resource_tokens, text_in_both, text_outside
from iamaudit.policy.match import action_matches, any_action_matches, glob_matches, resource_matches
from iamaudit.policy.parse import parse
from iamaudit.policy.render import render, size, to_json
from tests.amount import examples
from tests.oracles.slow_decide import slow_decide, slow_glob, slow_resource
from tests.properties.strategies_policy import (
    ACTIONS,
    KEYS,
    PRINCIPAL,
    RESOURCES,
    allows,
    condition_blocks,
    denies,
    levels,
    limits,
    policies,
    policy_lists,
    policy_sets,
    principals,
    requests,
    statements,
)

patterns = st.text(alphabet="ab*?", max_size=6)
texts = st.text(alphabet="abc", max_size=6)
arn_patterns = st.text(alphabet=":a*?", max_size=9)
everything = Statement(Effect.ALLOW, actions=("*",), resources=("*",))
quick = settings(
    max_examples=examples(80, least=40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def is_allowed(request, found):
    return decide(request, found).decision is Decision.ALLOWED


@quick
@given(requests(), policy_sets, denies)
def test_forbid_trumps_permit(request_, found, deny):
    """One matching Deny is enough, whatever else the policies say."""
    deny = replace(deny, not_actions=(), actions=("*",), not_resources=(), resources=("*",), conditions=())

    verdict = decide(request_, replace(found, identity=(*found.identity, Policy((deny,)))))

    assert Decision.EXPLICITLY_DENIED is verdict.decision


@quick
@given(requests(), limits, limits, levels)
def test_default_deny(request_, boundary, session, scp):
    """Limits and guardrails alone allow nothing."""
    found = PolicySet(boundary=boundary, session=session, scp=scp)

    assert not is_allowed(request_, found)


@quick
@given(requests(), policy_sets)
def test_allowed_only_if_explicitly_permitted(request_, found):
    """An allowed request has Allow statements of identity policies as its reasons, and nothing else."""
    verdict = decide(request_, found)

    if verdict.decision is Decision.ALLOWED:
        allowing = [r for r in verdict.reasons if re.match(r"identity policy .* allows ", r)]
        assert allowing == list(verdict.reasons) != []


@quick
@given(requests(), policy_sets, st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(request_, found, chance):
    """Policies and statements are sets."""
    doubled = [replace(p, statements=p.statements * 2) for p in found.identity] * 2
    mixed = [replace(p, statements=tuple(chance.sample(p.statements, len(p.statements)))) for p in doubled]
    chance.shuffle(mixed)

    verdict = decide(request_, replace(found, identity=tuple(mixed)))

    assert decide(request_, found).decision is verdict.decision


@quick
@given(requests(), policy_sets, allows)
def test_adding_an_allow_never_takes_access_away(request_, found, allow):
    more = replace(found, identity=(*found.identity, Policy((allow,))))

    without_denies = decide(request_, more).decision is not Decision.EXPLICITLY_DENIED
    assert is_allowed(request_, more) >= is_allowed(request_, found)
    assert without_denies == (decide(request_, found).decision is not Decision.EXPLICITLY_DENIED)


@quick
@given(requests(), policy_sets, denies)
def test_adding_a_deny_never_gives_access(request_, found, deny):
    more = replace(found, identity=(*found.identity, Policy((deny,))))

    assert is_allowed(request_, more) <= is_allowed(request_, found)


@quick
@given(requests(), policy_sets, policies)
def test_a_boundary_only_narrows(request_, found, boundary):
    limited = replace(found, boundary=(*(found.boundary or ()), boundary))

    assert is_allowed(request_, limited) <= is_allowed(request_, found)


@quick
@given(requests(), policy_sets, policy_lists)
def test_an_scp_level_only_narrows(request_, found, level):
    limited = replace(found, scp=(*(found.scp or ()), level))

    assert is_allowed(request_, limited) <= is_allowed(request_, found)


@quick
@given(requests(), policy_sets, policies)
def test_an_rcp_only_narrows(request_, found, rcp):
    anybody = (PrincipalPattern("*", "*"),)
    rcp = replace(rcp, statements=tuple(replace(s, principals=anybody) for s in rcp.statements))

    assert is_allowed(request_, replace(found, rcp=((rcp,),))) <= is_allowed(request_, found)


@quick
@given(requests(), policy_sets)
def test_decide_agrees_with_the_slow_oracle(request_, found):
    expected = slow_decide(
        request_.action,
        request_.resource,
        request_.context,
        identity=found.identity,
        boundary=found.boundary,
        session=found.session,
        scp=found.scp,
    )

    verdict = decide(request_, found)

    assert expected is verdict.decision


@quick
@given(policy_sets, st.lists(requests(), min_size=1, max_size=5))
def test_a_decider_does_not_remember_requests(found, many):
    """What was asked before changes no answer."""
    decider = Decider(found)

    answers = [decider.decide(request_) for request_ in many]

    assert [decide(request_, found) for request_ in many] == answers


@quick
@given(requests(closed=False), policy_sets)
def test_what_is_not_conditional_is_the_same_in_every_context(request_, found):
    """An open verdict without `conditional_on` holds for every completion of the context."""
    verdict = decide(request_, found)
    missing = [key for key in KEYS if key not in request_.context]
    choices = itertools.product((None, "v", "w", "vw", "z"), repeat=len(missing))

    completions = [
        {**request_.context, **{k: v for k, v in zip(missing, chosen, strict=True) if v is not None}}
        for chosen in choices
    ]
    closed = {is_allowed(replace(request_, context=c, closed=True), found) for c in completions}

    if not verdict.conditional_on:
        assert {verdict.decision is Decision.ALLOWED} == closed


@quick
@given(policies)
def test_parsing_what_was_rendered_gives_it_back(policy):
    assert policy == parse(render(policy)) == parse(to_json(policy)) == parse(to_json(policy, indent=None))


@quick
@given(st.lists(statements(), min_size=1, max_size=2), st.lists(principals, min_size=1, max_size=3, unique=True))
def test_a_resource_policy_survives_the_round_trip(found, who):
    who = sorted(who, key=lambda p: p.type)
    policy = Policy(tuple(replace(s, principals=tuple(who)) for s in found))

    assert policy == parse(render(policy), kind=PolicyKind.RESOURCE)


@quick
@given(policies)
def test_rendering_is_stable_and_size_counts_the_short_form(policy):
    again = parse(render(policy))

    assert to_json(policy) == to_json(again)
    assert len(to_json(policy, indent=None)) == size(policy) <= len(to_json(policy))


@quick
@given(patterns, texts)
def test_the_matcher_agrees_with_the_oracle(pattern, text):
    regex = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)

    assert slow_glob(pattern, text) == bool(re.fullmatch(regex, text, re.DOTALL)) == glob_matches(pattern, text)


@quick
@given(st.lists(st.text(alphabet="aB:*?", max_size=5), max_size=4), st.text(alphabet="Ab:", max_size=5))
def test_many_action_patterns_are_asked_as_one(some, action):
    each = [action_matches(pattern, action) for pattern in some]

    together = any_action_matches(some, action)

    assert any(each) == together


@quick
@given(arn_patterns, st.text(alphabet=":ab", max_size=12))
def test_resources_are_matched_field_by_field(pattern, resource):
    assume(pattern.strip("*") or not pattern)  # a pattern of stars alone has no fields

    assert slow_resource(pattern, resource) == resource_matches(pattern, resource, pad_short=True)


@quick
@given(patterns, texts)
def test_actions_are_matched_in_any_case(pattern, name):
    expected = glob_matches(f"s:{pattern}", f"s:{name}")

    assert expected == action_matches(f"S:{pattern.upper()}", f"s:{name}")


def texts_up_to(length, alphabet):
    return ["".join(t) for n in range(length + 1) for t in itertools.product(alphabet, repeat=n)]


ALL_TEXTS = texts_up_to(6, "abc")


@settings(quick, max_examples=examples(120, least=60))
@given(st.text(alphabet="ab*?", max_size=4), st.text(alphabet="ab*?", max_size=4))
def test_inclusion_agrees_with_brute_force(big, small):
    """Six letters tell two patterns of four apart; `c` stands for every letter that neither names."""
    inside = all(glob_matches(big, text) for text in ALL_TEXTS if glob_matches(small, text))

    assert inside == includes(big, small)


@settings(quick, max_examples=examples(120, least=60))
@given(st.lists(st.text(alphabet="ab*?", max_size=4), max_size=3), st.text(alphabet="ab*?", max_size=4))
def test_a_text_outside_a_union_is_really_outside(bigs, small):
    outside = text_outside(glob_tokens(small), tuple(glob_tokens(big) for big in bigs))

    if outside is None:
        assert [t for t in ALL_TEXTS if glob_matches(small, t) and not any(glob_matches(b, t) for b in bigs)] == []
    else:
        assert glob_matches(small, "".join(outside))
        assert not any(glob_matches(big, "".join(outside)) for big in bigs)


@quick
@given(arn_patterns, arn_patterns)
def test_a_resource_outside_a_pattern_is_really_outside(big, small):
    outside = text_outside(resource_tokens(small), (resource_tokens(big),))

    if outside is not None and "".join(outside) != "*":
        assert resource_matches(small, "".join(outside), pad_short=True)
        assert not resource_matches(big, "".join(outside), pad_short=True)


@settings(quick, max_examples=examples(120, least=60))
@given(st.text(alphabet="ab*?", max_size=4), st.text(alphabet="ab*?", max_size=4))
def test_overlap_agrees_with_brute_force(one, other):
    overlaps = any(glob_matches(one, text) and glob_matches(other, text) for text in texts_up_to(6, "ab"))

    common = text_in_both(glob_tokens(one), glob_tokens(other))

    assert overlaps == (common is not None)
    if common is not None:
        assert glob_matches(one, "".join(common))
        assert glob_matches(other, "".join(common))


def everything_asked():
    return [
        (action, resource, {k: v for k, v in zip(KEYS, chosen, strict=True) if v is not None})
        for action in ACTIONS
        for resource in (*RESOURCES, "arn:x:c:::z", "arn:x:a:::zq", "arn:x:b:r:1:z")
        for chosen in itertools.product((None, "v", "w", "vw"), repeat=len(KEYS))
    ]


ASKED = everything_asked()


@settings(quick, max_examples=examples(150, least=60))
@given(policy_lists, policy_lists)
def test_compare_agrees_with_brute_force(old, new):
    """Contained is never said wrongly, and every witness is allowed by NEW and not by OLD."""
    comparison = compare(old, new, ACTIONS)

    if comparison.contained:
        widened = [
            asked
            for asked in random.Random(0).sample(ASKED, 200)
            if slow_decide(*asked, identity=new) is Decision.ALLOWED
            and slow_decide(*asked, identity=old) is not Decision.ALLOWED
        ]
        assert widened == []
    for witness in comparison.widened:
        assert " allows it" in witness.note


WITH_VARIABLES = (
    "arn:x:a:::${aws:username}",
    "arn:x:a:::${aws:username}*",
    "arn:x:a:::${k:one, 'p'}q",
    "arn:x:a:::p${*}",
)
variable_policies = st.builds(
    lambda effect, action, resource, other, block, *, negated, old: Policy(
        (
            Statement(
                effect,
                actions=(action,),
                resources=() if negated else (resource, other),
                not_resources=(resource,) if negated else (),
                conditions=block,
            ),
        ),
        version="2008-10-17" if old else "2012-10-17",
    ),
    st.sampled_from(Effect),
    st.sampled_from(("*", "a:Get", "c:*", "c:?et")),
    st.sampled_from((*WITH_VARIABLES, "*", "arn:x:a:::p*")),
    st.sampled_from((*WITH_VARIABLES, "arn:x:a:::p*")),
    condition_blocks,
    negated=st.sampled_from((False, False, True)),
    old=st.sampled_from((False, False, True)),
)
ASKED_WITH_VARIABLES = [
    Request(f"arn:aws:iam::111122223333:{who}", action, f"arn:x:a:::{resource}", "111122223333", context=context)
    for who in ("user/p", "user/*", "role/r")
    for action in ("a:Get", "c:Get")
    for resource in ("p", "pq", "p*", "*", "vq", "${aws:username}", "q")
    for context in ({}, {"k:one": "v"}, {"k:one": "p", "k:two": "v"})
]


@settings(quick, max_examples=examples(150, least=60))
@given(st.lists(variable_policies, min_size=1, max_size=2), st.lists(variable_policies, min_size=1, max_size=2))
def test_compare_is_sound_with_variables_and_beyond_the_catalogue(old, new):
    before, after = Decider(PolicySet(identity=tuple(old))), Decider(PolicySet(identity=tuple(new)))

    if compare(old, new, ACTIONS).contained:
        allowed = [r for r in ASKED_WITH_VARIABLES if after.decide(r).decision is Decision.ALLOWED]
        assert [r for r in allowed if before.decide(r).decision is not Decision.ALLOWED] == []


@quick
@given(policy_lists)
def test_every_list_of_policies_contains_itself(found):
    assert compare(found, found, ACTIONS).contained


@quick
@given(policy_lists, denies)
def test_a_further_deny_never_widens(found, deny):
    assert compare(found, (*found, Policy((deny,))), ACTIONS).contained


@quick
@given(policy_lists)
def test_full_access_contains_everything(found):
    assert compare((Policy((everything,)),), found, ACTIONS).contained


@pytest.mark.parametrize("principal", [PRINCIPAL, "arn:aws:iam::111122223333:role/r"])
def test_thirty_stars_are_quick(principal):
    """A hostile pattern must not hang the evaluation: no backtracking over more than one star."""
    pattern = "arn:aws:s3:::" + "*a" * 30 + "b"

    assert not resource_matches(pattern, "arn:aws:s3:::" + "a" * 3000 + principal, pad_short=True)
