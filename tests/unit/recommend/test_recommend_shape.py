"""How a proposal is written: patterns, statements, Sids, and the quotas."""

from __future__ import annotations

import pytest

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.render import size
from iamaudit.recommend.fit import LARGEST_POLICY, fit
from iamaudit.recommend.generalise import generalise
from iamaudit.recommend.glob import inside, literal, overlaps
from iamaudit.recommend.group import Versioned
from iamaudit.recommend.sid import sid_of, unique_sids

QUEUE = "arn:aws:sqs:eu-west-1:111122223333"


def anything(_pattern):
    return True


def test_many_objects_below_one_folder_become_the_folder():
    objects = [f"arn:aws:s3:::b/2026/day-{number}.csv" for number in range(11)]

    assert ("arn:aws:s3:::b/2026/*",) == generalise(objects, anything)


def test_ten_siblings_stay_ten():
    objects = [f"arn:aws:s3:::b/2026/day-{number}.csv" for number in range(10)]

    assert tuple(sorted(objects)) == generalise(objects, anything)


def test_siblings_of_other_services_collapse_at_a_dash():
    queues = [f"{QUEUE}:orders-{number}" for number in range(11)]

    assert (f"{QUEUE}:orders-*",) == generalise(queues, anything)


def test_names_without_a_common_boundary_stay():
    queues = [f"{QUEUE}:orders{number}" for number in range(20)]

    assert tuple(sorted(queues)) == generalise(queues, anything)


@pytest.mark.parametrize(
    "template",
    [
        "arn:aws:sqs:eu-west-{}:111122223333:jobs-a",
        "arn:aws:sqs:eu-west-1:1111222233{:02}:jobs-a",
        "arn:aws:s3:::bucket{}/x",
        "arn:aws:iam::111122223333:role/r{}",
    ],
    ids=["region", "account", "bucket", "whole type"],
)
def test_nothing_collapses_across(template):
    arns = [template.format(number) for number in range(20)]

    assert tuple(sorted(arns)) == generalise(arns, anything)


def test_nothing_collapses_beyond_the_grant():
    objects = [f"arn:aws:s3:::b/2026/{number}.csv" for number in range(20)]

    assert tuple(sorted(objects)) == generalise(objects, lambda pattern: not pattern.endswith("/*"))


def test_folders_collapse_into_their_parent_when_there_are_many():
    objects = [f"arn:aws:s3:::b/logs/{day}/{number}" for day in range(11) for number in range(11)]

    assert ("arn:aws:s3:::b/logs/*",) == generalise(objects, anything)


def test_a_literal_name_is_inside_its_folder_and_not_the_other_way_round():
    name = literal("arn:aws:s3:::b/a*")

    assert inside(name, "arn:aws:s3:::b/*")
    assert inside(name, "arn:aws:s3:::b/a?")
    assert not inside("arn:aws:s3:::b/a*", "arn:aws:s3:::b/a?")
    assert not inside("arn:aws:s3:::b/*", name)


def test_overlap_is_denied_only_when_it_is_sure():
    assert overlaps("arn:aws:s3:::b/a*", "arn:aws:s3:::b/*z")
    assert overlaps("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/ann")
    assert overlaps("arn:aws:sqs", "arn:aws:s3:::b/ann")
    assert not overlaps("arn:aws:s3:::b/a*", "arn:aws:s3:::b/b*")


@pytest.mark.parametrize(
    ("actions", "resources", "origin", "sid"),
    [
        (("s3:GetObject",), ("arn:aws:s3:::reports/*",), "used", "ReadS3Reports"),
        (("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*"), "used", "UseS3"),
        (("iam:PassRole",), ("arn:aws:iam::1:role/svc/app-role",), "used", "PassRoleAppRole"),
        (("ec2:DescribeVpcs", "s3:ListAllMyBuckets"), ("*",), "used", "ReadAnyResource"),
        (("dynamodb:GetItem",), ("*",), "unknown", "KeptUnknownDynamodb"),
        (("logs:PutLogEvents",), ("arn:aws:logs:r:1:log-group:/aws/lambda/x:*",), "used", "UseLogsX"),
    ],
)
def test_a_sid_tells_what_the_statement_is_for(actions, resources, origin, sid):
    statement = Statement(Effect.ALLOW, actions=actions, resources=resources)

    assert sid == sid_of(statement, origin)


def test_sids_are_unique_and_a_deny_keeps_its_own():
    assert ("UseS32", "UseS33", "UseS3", None) == unique_sids(
        [("UseS3", False), ("UseS3", False), ("UseS3", True), (None, True)]
    )


def test_many_names_are_split_over_policies_within_the_quota():
    resources = tuple(f"{QUEUE}:{'x' * 40}{number:04}" for number in range(300))
    statement = Statement(Effect.ALLOW, sid="UseSqs", actions=("sqs:SendMessage",), resources=resources)

    fitted = fit([Versioned(statement)])

    assert all(size(policy) <= LARGEST_POLICY for policy in fitted.policies)
    assert sorted(resources) == sorted(r for policy in fitted.policies for s in policy.statements for r in s.resources)
    assert len(fitted.policies) <= 1 + size(Policy((statement,))) // (LARGEST_POLICY * 3 // 4)


def test_more_policies_than_can_be_attached_are_refused_with_a_reason():
    resources = tuple(f"{QUEUE}:{'x' * 60}{number:04}" for number in range(1000))
    statement = Statement(Effect.ALLOW, sid="UseSqs", actions=("sqs:SendMessage",), resources=resources)

    fitted = fit([Versioned(statement)])

    assert () == fitted.policies
    assert "AWS attaches at most 10" in fitted.refused


def test_one_thing_longer_than_a_policy_is_refused_with_a_reason():
    statement = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::b/" + "x" * 7000,))

    fitted = fit([Versioned(statement)])

    assert "cannot be split" in fitted.refused
