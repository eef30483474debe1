"""What a proposal makes of conditions that its uses had: always of the calling service, of others when asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.errors import ConfigError, ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Condition
from iamaudit.policy.expand import expand
from iamaudit.policy.parse import parse
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.proof.replay import replay
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.propose import propose
from iamaudit.recommend.told import Told

USER = "arn:aws:iam::111122223333:user/ann"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
BUCKET = "arn:aws:s3:::reports"
END = datetime(2026, 11, 1, tzinfo=UTC)
LIST = ObservedUse("s3:ListBucket", BUCKET)
BY_S3 = ObservedUse(
    "kms:Decrypt", KEY, via="s3.amazonaws.com", conditions={"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
)
VIA_S3 = Condition("StringEquals", "kms:ViaService", ("s3.eu-west-1.amazonaws.com",))
MFA = Told("aws:MultiFactorAuthPresent", ("true",), 30, 30)
REGION = Told("aws:RequestedRegion", ("eu-west-1",), 30, 30)
IDLE = tuple(sorted(expand(["billing:Get*"], catalogue().all_actions())))  # longer than the condition
WITH_MFA = Condition("Bool", "aws:MultiFactorAuthPresent", ("true",))
IN_WEST = Condition("StringEquals", "aws:RequestedRegion", ("eu-west-1",))


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def evidence(*statements, uses=(), **more):
    document = {"Version": "2012-10-17", "Statement": list(statements or [allow("*")])}
    current = CurrentPolicy(f"{USER}#today", "today", "inline", USER, parse(document), "{}")
    known = {"serves": frozenset(), "window_start": END - timedelta(days=90), "window_end": END, **more}
    return PrincipalEvidence(USER, "111122223333", "user", "ann", (current,), uses=tuple(uses), **known)


def told(action, resource="*", *tellings, first_seen=END - timedelta(days=80), **more):
    return ObservedUse(action, resource, count=30, first_seen=first_seen, last_seen=END, told=tellings, **more)


def conditions(found, **options):
    """The conditions of each proposed action."""
    proposal = propose(found, catalogue(), **options)
    return {
        action: statement.conditions
        for policy in proposal.policies
        for statement in policy.statements
        for action in statement.actions
    }


def test_a_key_used_through_a_service_alone_may_be_used_through_it_alone():
    found = evidence(uses=[LIST, BY_S3])

    assert {"s3:ListBucket": (), "kms:Decrypt": (VIA_S3,)} == conditions(found)


def test_what_a_stack_made_may_be_made_by_stacks_alone():
    stack = {"aws:CalledVia": "cloudformation.amazonaws.com"}
    uses = [
        ObservedUse("cloudformation:CreateStack", "*"),
        ObservedUse("dynamodb:CreateTable", TABLE, via="cloudformation.amazonaws.com", conditions=stack),
    ]

    found = conditions(evidence(uses=uses))

    assert (Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("cloudformation.amazonaws.com",)),) == (
        found["dynamodb:CreateTable"]
    )


def test_a_key_that_was_also_used_directly_has_no_condition():
    found = evidence(uses=[LIST, BY_S3, ObservedUse("kms:Decrypt", KEY)])

    assert () == conditions(found)["kms:Decrypt"]


@pytest.mark.parametrize("level", ["action", "service"])
def test_wider_levels_leave_the_calling_service_open(level):
    found = evidence(allow(["kms:Decrypt", "s3:ListBucket", "sqs:SendMessage"]), uses=[LIST, BY_S3])

    assert {()} == set(conditions(found, level=level).values())


def test_a_statement_that_speaks_of_the_key_itself_keeps_its_own_words():
    own = {"StringLike": {"kms:viaservice": "s3.*.amazonaws.com"}}
    found = evidence(allow(["s3:*", "sqs:*"]), allow("kms:*", Condition=own), uses=[LIST, BY_S3])

    assert (Condition("StringLike", "kms:viaservice", ("s3.*.amazonaws.com",)),) == conditions(found)["kms:Decrypt"]


def test_the_calling_service_is_left_out_where_it_would_not_fit():
    """A way out before permissions are: the limit lies between the two lengths."""
    uses = [LIST, BY_S3]
    found = evidence(uses=uses)
    longest = propose(found, catalogue()).characters - 1

    proposal = propose(evidence_managed(found), catalogue(), largest=longest, most=1)

    assert not proposal.refused
    assert ["did not fit: conditions on the service that a call came through are left out"] == list(proposal.notes[:1])


def test_the_calling_service_stays_where_leaving_out_the_unknowable_is_enough():
    idle = tuple(UnknownGrant(action, "no API operation has this name") for action in IDLE)
    longest = propose(evidence(uses=[LIST, BY_S3]), catalogue()).characters + 1  # `fit` counts a comma for each
    found = evidence_managed(evidence(uses=[LIST, BY_S3], unknown=idle))

    proposal = propose(found, catalogue(), largest=longest, most=1)

    statements = [one for policy in proposal.policies for one in policy.statements if "kms:Decrypt" in one.actions]
    assert [(VIA_S3,)] == [one.conditions for one in statements]
    assert IDLE == proposal.unknown_dropped


def evidence_managed(found):
    (current,) = found.current
    arn = "arn:aws:iam::111122223333:policy/today"
    return replace(found, current=(replace(current, kind="customer", policy_id=arn),))


def test_further_conditions_are_offered_and_not_put_in_unasked():
    found = evidence(uses=[told("iam:ListRoles", "*", MFA), told("ec2:DescribeVpcs", "*", REGION)])

    proposal = propose(found, catalogue())
    entries = prove(found, proposal, catalogue()).as_json()["offered_conditions"]

    assert {()} == {statement.conditions for policy in proposal.policies for statement in policy.statements}
    assert [
        ("aws:MultiFactorAuthPresent", ["true"], ["iam:ListRoles"], 30, 30, False),
        ("aws:RequestedRegion", ["eu-west-1"], ["ec2:DescribeVpcs"], 30, 30, False),
    ] == [(one["key"], one["values"], one["actions"], one["uses"], one["told"], one["put"]) for one in entries]


def test_the_level_condition_puts_them_in_and_proves_it():
    found = evidence(uses=[told("iam:ListRoles", "*", MFA), told("ec2:DescribeVpcs", "*", MFA, REGION)])

    proposal = propose(found, catalogue(), level="condition")
    certificate = prove(found, proposal, catalogue()).as_json()

    assert {"iam:ListRoles": (WITH_MFA,), "ec2:DescribeVpcs": (WITH_MFA, IN_WEST)} == {
        action: statement.conditions
        for policy in proposal.policies
        for statement in policy.statements
        for action in statement.actions
    }
    assert [True, True, True] == [one["put"] for one in certificate["offered_conditions"]]
    assert (2, 2, 0, 0, 0) == tuple(
        certificate[name] for name in ("replayed", "allowed", "denied", "conditional", "widened")
    )


def test_a_region_that_the_resources_name_is_not_offered():
    found = evidence(uses=[told("dynamodb:GetItem", TABLE, REGION)])

    assert () == propose(found, catalogue()).offered


@pytest.mark.parametrize(
    ("days", "uses", "offered"),
    [(60, 30, True), (81, 30, False), (60, 31, False)],
    ids=["held", "too short", "too few"],
)
def test_days_and_uses_say_what_is_long_enough(days, uses, offered):
    found = evidence(uses=[told("iam:ListRoles", "*", MFA)])

    proposal = propose(found, catalogue(), condition_days=days, condition_uses=uses)

    assert offered is bool(proposal.offered)


@pytest.mark.parametrize(
    "telling",
    [
        None,
        Told("aws:MultiFactorAuthPresent", ("true",), 29, 30),
        Told("aws:MultiFactorAuthPresent", ("false",), 30, 30),
    ],
    ids=["not told", "told of some calls", "told otherwise"],
)
def test_a_condition_that_the_logs_do_not_confirm_fails_the_proof(telling):
    """Whoever puts a condition in without evidence is stopped by the replay."""
    sure = evidence(uses=[told("iam:ListRoles", "*", MFA)])
    eager = propose(sure, catalogue(), level="condition")
    found = evidence(uses=[told("iam:ListRoles", "*", *([] if telling is None else [telling]))])

    with pytest.raises(ProofFailedError, match="1 observed uses would be denied"):
        prove(found, eager, catalogue())


def test_what_is_told_settles_a_condition_of_today():
    """Not every condition of today hangs on what nobody knows: the Region of the calls is told."""
    inside = allow("ec2:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    found = evidence(inside, uses=[told("ec2:DescribeVpcs", "*", REGION)])
    blind = evidence(inside, uses=[told("ec2:DescribeVpcs")])

    results = [replay(one, propose(one, catalogue()), catalogue()) for one in (found, blind)]

    assert [(1, 0), (1, 1)] == [(one.allowed, one.conditional) for one in results]


def test_a_use_that_one_of_its_values_would_deny_is_denied():
    """Two Regions were seen: a proposal for one of them breaks the calls of the other."""
    both = Told("aws:RequestedRegion", ("eu-north-1", "eu-west-1"), 30, 30)
    found = evidence(uses=[told("ec2:DescribeVpcs", "*", both)])
    narrow = allow("ec2:DescribeVpcs", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    careless = replace(propose(found, catalogue()), policies=(parse({"Version": "2012-10-17", "Statement": [narrow]}),))

    result = replay(found, careless, catalogue())

    assert [{"aws:RequestedRegion": "eu-north-1"}] == [dict(one.use.conditions) for one in result.failures]


def test_the_difference_tells_a_reader_what_to_ask_for():
    found = evidence(uses=[told("iam:ListRoles", "*", MFA)])
    texts = []
    for level in ("resource", "condition"):
        proposal = propose(found, catalogue(), level=level)
        files = bundle_files(found, proposal, prove(found, proposal, catalogue()))
        texts.append(next(data.decode() for path, data in files.items() if path.endswith("diff.md")))

    words = "`aws:MultiFactorAuthPresent` is `true`: in 30 of 30 calls since 2026-08-13, for `iam:ListRoles`"
    assert f"- `--level condition` would put in: {words}\n" in texts[0]
    assert f"- condition put in: {words}\n" in texts[1]


@pytest.mark.parametrize("name", ["condition_days", "condition_uses"])
@pytest.mark.parametrize("value", [0, True, "60"], ids=["nothing", "no number", "text"])
def test_days_and_uses_are_whole_numbers(name, value):
    with pytest.raises(ConfigError, match=f"`{name}` is `{value}`: give a whole number, 1 or more"):
        Choices(**{name: value})
