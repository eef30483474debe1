"""Laws of resources: what is sure is spelt as the catalogue spells it, and no request, however odd, breaks or stalls it."""

from __future__ import annotations

import time
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.knowledge.actions import catalogue
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import parameters_of
from iamaudit.usage.resources import resources_of
from iamaudit.usage.templates import plans_of
from tests.amount import examples

SERVICES = frozenset(
    {"s3", "ec2", "iam", "kms", "sts", "ssm", "sqs", "sns", "logs", "rds", "ecs", "eks", "ecr", "dynamodb", "lambda"}
    | {"secretsmanager", "glue", "athena", "events", "states", "wafv2", "cloudformation", "route53", "kinesis", "lex"}
    | {"elasticloadbalancing", "networkmanager", "connect", "proton", "dms", "organizations", "codebuild", "backup"}
)
ACCOUNT = "111122223333"
# parameters that the services with their own spelling read, beside those of the templates
READ_BY_HAND = frozenset(
    {"host", "shardIterator", "secretId", "statement", "queueUrl", "documentName", "keyId", "consumerName", "streamARN"}
    | {"functionName", "qualifier", "logGroupIdentifier", "x-amz-copy-source", "modelId", "subscriptionArn", "target"}
)
HOSTILE = st.sampled_from(
    [
        "*", "?", "$", "${aws:username}", "arn:", "arn:aws:", "arn:aws:s3:::", "arn:::::::::", ":" * 50, "/" * 50, "-" * 50,
        "alias/", "|", "\x00", "a:b:c:d:e:f:g", "https://", "://///", "..", "\u2028", "i-", "sg-", "mi-", "-??????",
    ]
)  # fmt: skip
NAMES = st.one_of(HOSTILE, st.text(max_size=20), st.sampled_from(["i-0a1b", "prod", "team/app", "web:7"]))
PLAIN = st.text("abcXYZ019_.-", min_size=1, max_size=12).filter(lambda text: text[0].isalnum())


@cache
def actions():
    return tuple(
        a for a in catalogue().all_actions() if a.partition(":")[0] in SERVICES and catalogue().takes_resource(a)
    )


@st.composite
def calls(draw, names=NAMES):
    """An action with a request whose parameters are those that could fill its templates, plain, listed or nested."""
    action = draw(st.sampled_from(actions()))
    known = sorted(
        {f.parameter for p in plans_of(action) for s in p.slots for f in s.fillers if f.transform != "constant"}
    )
    request = {}
    for name in draw(st.lists(st.sampled_from(known or ["name"]), max_size=6, unique=True)):
        value = draw(st.one_of(names, st.lists(names, max_size=3), st.integers(), st.none()))
        outer, dot, inner = name.partition(".")
        request[outer] = {inner: value} if dot else draw(st.sampled_from([value, {"items": [{name: value}]}]))
    prefix, _, event = action.partition(":")
    return action, Call(f"{prefix}.amazonaws.com", event, "eu-west-1", ACCOUNT, request=request)


@given(calls(names=PLAIN))
def test_what_is_sure_is_spelt_as_a_template_of_the_action(one):
    action, call = one

    found = resources_of(action, call, parameters_of(call.request))

    assert found.resources
    assert found.confidence in {"high", "low"}
    if found.confidence == "high":
        patterns = [plan.pattern for plan in plans_of(action)]
        assert [] == [
            arn for arn in found.resources if arn != "*" and not any(pattern.fullmatch(arn) for pattern in patterns)
        ]


@given(calls())
def test_a_hostile_request_is_answered_like_any_other(one):
    action, call = one

    found = resources_of(action, call, parameters_of(call.request))

    assert found.resources
    assert all(arn == "*" or arn.startswith("arn:") for arn in found.resources)
    assert found == resources_of(action, call, parameters_of(call.request))


@given(calls(), st.randoms(use_true_random=False))
def test_the_order_of_the_parameters_says_nothing(one, random):
    action, call = one
    shuffled = list(call.request.items())
    random.shuffle(shuffled)

    other = Call(call.event_source, call.event_name, call.region, call.account_id, request=dict(shuffled))

    first = resources_of(action, call, parameters_of(call.request))
    second = resources_of(action, other, parameters_of(other.request))
    assert sorted(first.resources) == sorted(second.resources)
    assert first.confidence == second.confidence


@given(st.sampled_from(["-", ":", "/", "a", "arn:aws:s3:::", "*", "|", "a-", "a/", "a:"]), st.sampled_from(range(500)))
@settings(max_examples=examples(40), deadline=None)
def test_a_value_of_a_hundred_thousand_letters_takes_no_long_time(piece, at):
    action = actions()[at * len(actions()) // 500]
    text = piece * (100_000 // len(piece))
    names = {f.parameter.partition(".")[0] for p in plans_of(action) for s in p.slots for f in s.fillers} | READ_BY_HAND
    prefix, _, event = action.partition(":")
    request = {name: f"{text}.s3-accesspoint" if name == "host" else text for name in sorted(names)}
    call = Call(f"{prefix}.amazonaws.com", event, "eu-west-1", ACCOUNT, request=request)

    start = time.process_time()
    resources_of(action, call, parameters_of(call.request))
    took = time.process_time() - start

    assert took < 2
