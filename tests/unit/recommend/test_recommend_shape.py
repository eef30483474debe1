"""How a proposal is written: patterns, statements, Sids, and the quotas."""

from __future__ import annotations

import re

import pytest

from iamaudit.model.policy import Condition, Effect, Policy, Statement
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
        (("s3:GetObject",), ("arn:aws:s3:::reports/*",), "used", "ReadS3ReportsObjects"),
        (("s3:ListBucket",), ("arn:aws:s3:::reports",), "used", "ReadS3ReportsBucket"),
        (
            ("s3:GetObject", "s3:ListBucket"),
            ("arn:aws:s3:::reports", "arn:aws:s3:::reports/*"),
            "used",
            "ReadS3Reports",
        ),
        (("s3:GetObject",), ("arn:aws:s3:::reports*",), "used", "ReadS3Reports"),
        (("s3:ListBucket",), ("arn:aws:s3:::a", "arn:aws:s3:::b"), "unknown", "KeptUnknownS3Buckets"),
        (("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*"), "used", "UseS3Objects"),
        (("s3:GetObject",), ("arn:aws:s3:r:1:accesspoint/x/object/*",), "used", "ReadS3AccesspointObject"),
        (("iam:PassRole",), ("arn:aws:iam::1:role/svc/app-role",), "used", "PassRoleAppRole"),
        (("iam:PassRole",), ("arn:aws:iam::1:role/app",), "unknown", "KeptUnknownPassRoleApp"),
        (("iam:PassRole",), ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"), "used", "PassRole"),
        (("iam:PutRolePolicy",), ("arn:aws:iam::1:role/app",), "used", "UseIamRoleApp"),
        (("ec2:DescribeVpcs", "s3:ListAllMyBuckets"), ("*",), "used", "ReadAnyResource"),
        (("dynamodb:GetItem",), ("*",), "unknown", "KeptUnknownDynamodb"),
        (("logs:PutLogEvents",), ("arn:aws:logs:r:1:log-group:/aws/lambda/x:*",), "used", "UseLogsLogGroupX"),
        (("logs:CreateLogStream",), ("arn:aws:logs:r:1:log-group:x:log-stream:*",), "used", "UseLogsLogStreams"),
        (("cloudwatch:DescribeAlarms",), ("arn:aws:cloudwatch:r:1:alarm:*",), "used", "ReadCloudwatchAlarms"),
        (("states:StartExecution",), ("arn:aws:states:r:1:stateMachine:close",), "used", "UseStatesStateMachineClose"),
        (("ecs:RunTask",), ("arn:aws:ecs:r:1:task-definition/shop:*",), "used", "UseEcsTaskDefinitionShop"),
        (("ecs:UpdateService",), ("arn:aws:ecs:r:1:service/prod/shop",), "used", "UseEcsServiceShop"),
        (
            ("elasticloadbalancing:CreateRule",),
            ("arn:aws:elasticloadbalancing:r:1:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2",),
            "used",
            "UseElasticloadbalancingListenerShop",
        ),
        (
            ("wafv2:UpdateWebACL",),
            ("arn:aws:wafv2:r:1:regional/webacl/shop/1111aaaa-22bb-33cc-44dd-555566667777",),
            "used",
            "UseWafv2WebaclShop",
        ),
        (("kms:Decrypt",), ("arn:aws:kms:r:1:key/1111aaaa-22bb-33cc-44dd-555566667777",), "used", "UseKmsKeys"),
        (("lambda:InvokeFunction",), ("arn:aws:lambda:r:1:function:mail",), "used", "UseLambdaFunctionMail"),
        (
            ("secretsmanager:GetSecretValue",),
            (
                "arn:aws:secretsmanager:r:1:secret:orders/db-Ab12Cd",
                "arn:aws:secretsmanager:r:1:secret:orders/pay-Ef34Gh",
            ),
            "used",
            "ReadSecretsmanagerSecrets",
        ),
        (("dynamodb:GetItem",), ("arn:aws:dynamodb:r:1:table/table-1",), "used", "ReadDynamodbTable1"),
        (("ec2:StopInstances",), ("arn:aws:ec2:r:1:instance/i-*",), "used", "UseEc2Instances"),
        (("ec2:ReleaseAddress",), ("arn:aws:ec2:r:1:elastic-ip/eipalloc-*",), "used", "UseEc2ElasticIps"),
        (
            ("ec2:CreateSubnet",),
            ("arn:aws:ec2:r:1:subnet/*", "arn:aws:ec2:r:1:vpc/vpc-*"),
            "used",
            "UseEc2CreateSubnet",
        ),
    ],
)
def test_a_sid_tells_what_the_statement_is_for(actions, resources, origin, sid):
    statement = Statement(Effect.ALLOW, actions=actions, resources=resources)

    assert sid == sid_of(statement, origin)


@pytest.mark.parametrize(
    ("action", "key", "values", "sid"),
    [
        ("iam:PassRole", "iam:PassedToService", ("lambda.amazonaws.com",), "PassRoleAppToLambda"),
        ("iam:PassRole", "iam:PassedToService", ("ecs-tasks.amazonaws.com",), "PassRoleAppToEcsTasks"),
        ("iam:PassRole", "iam:PassedToService", ("a.amazonaws.com", "b.amazonaws.com"), "PassRoleApp"),
        ("iam:GetRole", "aws:CalledVia", ("cloudformation.amazonaws.com",), "ReadIamRoleAppViaCloudformation"),
        ("iam:GetRole", "aws:PrincipalTag/team", ("shop",), "ReadIamRoleApp"),
    ],
)
def test_a_sid_names_the_service_that_a_condition_asks_for(action, key, values, sid):
    conditions = (Condition("StringEquals", key, values),)
    statement = Statement(
        Effect.ALLOW, actions=(action,), resources=("arn:aws:iam::1:role/app",), conditions=conditions
    )

    assert sid == sid_of(statement, "used")


def test_a_sid_has_letters_and_digits_only():
    """AWS refuses any other character in a Sid."""
    names = ("arn:aws:s3:::a.b-c_d/*", "arn:aws:iam::1:role/ä b@c", "arn:aws:sqs:r:1:${aws:username}", "arn:aws:x:::")

    sids = [sid_of(Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=(name,)), "used") for name in names]

    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)


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
