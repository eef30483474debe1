"""How far a pattern may reach: each service's own threshold and tolerance, measured by what is known to exist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.generalise import care_of
from iamaudit.policy.match import resource_matches
from iamaudit.policy.parse import parse
from iamaudit.recommend.buckets import fitting
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.known import known_resources
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333"
EC2 = "arn:aws:ec2:eu-west-1:111122223333"


def role(action, resources, known=(), granted="*"):
    policy = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": granted, "Resource": "*"}]})
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, policy, "{}")
    uses = tuple(ObservedUse(action, resource) for resource in resources)
    found = known_resources([*resources, *known], [])
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), uses=uses, known=found)


def named(proposal):
    return [one for policy in proposal.policies for statement in policy.statements for one in statement.resources]


def test_siblings_become_a_pattern_that_is_measured():
    used = [f"{QUEUE}:jobs-{letter}" for letter in "abcdefghijk"]

    proposal = propose(role("sqs:SendMessage", used, known=[f"{QUEUE}:jobs-z", f"{QUEUE}:other"]), catalogue())

    assert [f"{QUEUE}:jobs-*"] == named(proposal)
    assert [(11, 12, 12)] == [(one.names, one.covers_seen, one.covers_known) for one in proposal.generalised]


def test_siblings_stay_names_where_too_much_would_come_with_them():
    used = [f"{QUEUE}:jobs-{letter}" for letter in "abcdefghijk"]
    others = [f"{QUEUE}:jobs-{number}" for number in range(6)]

    proposal = propose(role("sqs:SendMessage", used, known=others), catalogue())

    assert used == named(proposal)


def test_a_log_group_is_written_both_ways():
    """AWS's pages name it with a star at the end and without: neither reader of the policy is refused."""
    group = "arn:aws:logs:eu-west-1:111122223333:log-group:/app"

    proposal = propose(role("logs:PutMetricFilter", [f"{group}:*"]), catalogue())
    streams = propose(role("logs:CreateLogStream", [f"{group}:log-stream:a"]), catalogue())

    assert [group, f"{group}:*"] == named(proposal)
    assert [f"{group}:log-stream:a"] == named(streams)
    assert () == proposal.generalised


def test_a_transform_that_may_have_been_expanded_stays_as_it_is_granted():
    """SAM's grant is a statement of its own, and no record names the transform: without it the next deployment fails."""
    stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/*"
    transform = "arn:aws:cloudformation:eu-west-1:aws:transform/"
    statements = [
        {"Effect": "Allow", "Action": "cloudformation:*", "Resource": stack},
        {
            "Effect": "Allow",
            "Action": "cloudformation:CreateChangeSet",
            "Resource": f"{transform}Serverless-2016-10-31",
        },
    ]
    today = parse({"Version": "2012-10-17", "Statement": statements})
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, today, "{}")
    uses = tuple(ObservedUse("cloudformation:CreateChangeSet", one) for one in (stack, f"{transform}*"))
    evidence = PrincipalEvidence(
        ROLE, "111122223333", "role", "app", (current,), uses=uses, known=known_resources([], [])
    )

    assert [stack, f"{transform}Serverless-2016-10-31"] == named(propose(evidence, catalogue()))


def test_a_name_that_a_pattern_covers_is_not_listed_beside_it():
    runs = "arn:aws:states:eu-west-1:111122223333:execution:orders:o-"

    proposal = propose(
        role("states:DescribeExecution", [f"{runs}123456789", f"{runs}987654321", f"{runs}4986845"]), catalogue()
    )

    assert [f"{runs}*"] == named(proposal)


@pytest.mark.parametrize("others", [0, 1], ids=["all siblings used", "one not used"])
def test_secrets_are_put_together_only_when_all_of_them_are_used(others):
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/"
    used = [f"{secret}{name * 3}-AbCdEf" for name in "abcdefghijklmnopqrstuvw"]

    proposal = propose(role("secretsmanager:GetSecretValue", used, known=[f"{secret}xyz-AbCdEf"] * others), catalogue())

    assert ([f"{secret}*"] if not others else used) == named(proposal)


def test_keys_are_never_put_together():
    used = [f"arn:aws:kms:eu-west-1:111122223333:key/team-{number}" for number in range(40)]

    assert sorted(used) == sorted(named(propose(role("kms:Decrypt", used), catalogue())))


def test_the_types_of_one_call_stand_in_one_statement():
    """Without any of them the call is refused, so a reader must see them together."""
    types = [f"{EC2}:instance/*", f"{EC2}:network-interface/*", f"{EC2}:subnet/subnet-0a1b2c3d", f"{EC2}:volume/*"]
    image = "arn:aws:ec2:eu-west-1::image/ami-0a1b2c3d"

    proposal = propose(role("ec2:RunInstances", [*types, image]), catalogue())

    (statement,) = proposal.policies[0].statements
    assert sorted([*types, image]) == sorted(statement.resources)


def test_a_bucket_and_its_objects_stand_in_two_statements():
    uses = (ObservedUse("s3:ListBucket", "arn:aws:s3:::b"), ObservedUse("s3:GetObject", "arn:aws:s3:::b/a"))
    found = role("s3:GetObject", ["arn:aws:s3:::b/a"])
    found = PrincipalEvidence(ROLE, "111122223333", "role", "app", found.current, uses=uses)

    proposal = propose(found, catalogue())

    assert [("arn:aws:s3:::b",), ("arn:aws:s3:::b/a",)] == [one.resources for one in proposal.policies[0].statements]


def test_everything_is_written_only_for_what_takes_no_resource_and_otherwise_said_so():
    uses = (ObservedUse("s3:ListAllMyBuckets", "*"), ObservedUse("s3:GetObject", "*", confidence="low"))
    found = role("s3:GetObject", [])
    found = PrincipalEvidence(ROLE, "111122223333", "role", "app", found.current, uses=uses)

    proposal = propose(found, catalogue())

    statements = proposal.policies[0].statements
    assert [("ReadS3", ("s3:ListAllMyBuckets",)), ("ReadS3ResourceNotLogged", ("s3:GetObject",))] == [
        (one.sid, one.actions) for one in statements
    ]
    assert any("`s3:GetObject`" in note and "logs do not tell" in note for note in proposal.notes)


def test_the_table_has_a_row_for_every_other_service():
    assert (10, 0.5) == (care_of("sqs").threshold, care_of("sqs").tolerance)
    assert None is care_of("KMS").threshold


names = st.text("ab/-:", min_size=1, max_size=5).map(lambda text: f"arn:aws:sqs:r:1:{text}")
patterns = st.text("ab/-*?", min_size=1, max_size=5).map(lambda text: f"arn:aws:sqs:r:1:{text}")


@given(st.lists(names, max_size=8), st.lists(names, max_size=4), patterns)
def test_what_a_pattern_covers_is_counted_as_name_by_name(seen, listed, pattern):
    known = known_resources(seen, listed)

    covered = known.covered(pattern)

    fits = {one for one in seen if resource_matches(pattern, one, pad_short=True)}
    every = fits | {one for one in listed if resource_matches(pattern, one, pad_short=True)}
    assert (len(fits), len(every)) == covered
    assert len(every - fits) == known.beyond(pattern, fits)


@pytest.mark.parametrize(
    ("action", "kept"),
    [
        ("s3:ListBucket", ["arn:aws:s3:::b", "arn:aws:s3:::c*", "*", "arn:aws:s3:::d-${aws:username}/x"]),
        ("s3:GetObject", ["arn:aws:s3:::b/*", "arn:aws:s3:::c*", "*", "arn:aws:s3:::d-${aws:username}/x"]),
        ("s3:Get*", ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::c*", "*", "arn:aws:s3:::d-${aws:username}/x"]),
        (
            "sqs:SendMessage",
            ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::c*", "*", "arn:aws:s3:::d-${aws:username}/x"],
        ),
    ],
    ids=["on buckets", "on objects", "pattern of actions", "another service"],
)
def test_of_a_whole_statement_each_s3_action_keeps_what_it_can_be_on(action, kept):
    patterns = ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::c*", "*", "arn:aws:s3:::d-${aws:username}/x"]

    assert kept == list(fitting(action, patterns))


def test_what_cannot_be_known_of_s3_stands_in_bucket_and_object_statements():
    granted = {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}
    policy = parse({"Version": "2012-10-17", "Statement": [granted]})
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, policy, "{}")
    unknown = tuple(UnknownGrant(action, "no data events") for action in ("s3:GetObject", "s3:ListBucket"))
    found = PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), unknown=unknown)

    proposal = propose(found, catalogue())

    statements = [(one.actions, one.resources) for one in proposal.policies[0].statements]
    assert [(("s3:ListBucket",), ("arn:aws:s3:::b",)), (("s3:GetObject",), ("arn:aws:s3:::b/*",))] == statements
