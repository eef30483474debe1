"""Which services a condition on the caller's way can name, and where a Region says nothing."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.condition_keys import CALLED_VIA, VIA_SERVICE, calling_service, has_single_endpoint
from iamaudit.knowledge.tables import rows


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (CALLED_VIA, "cloudformation.amazonaws.com", "cloudformation"),
        (CALLED_VIA, "secretsmanager.amazonaws.com", None),
        (VIA_SERVICE, "s3.eu-west-1.amazonaws.com", "s3"),
        (VIA_SERVICE, "s3.cn-north-1.amazonaws.com", "s3"),
        (VIA_SERVICE, "s3.cn-north-1.amazonaws.com.cn", None),
        (VIA_SERVICE, "s3.amazonaws.com", None),
        (VIA_SERVICE, "athena.eu-west-1.amazonaws.com", None),
        (VIA_SERVICE, "s3.${aws:username}.amazonaws.com", None),
    ],
)
def test_only_names_that_aws_surely_knows_are_services(key, value, expected):
    assert expected == calling_service(key, value)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("iam:ListRoles", True),
        ("IAM:ListRoles", True),
        ("sts:AssumeRole", True),
        ("s3:ListAllMyBuckets", True),
        ("s3:GetObject", False),
        ("ec2:DescribeInstances", False),
    ],
)
def test_an_action_with_one_endpoint_tells_nothing_by_its_region(action, expected):
    assert expected is has_single_endpoint(action)


def test_every_service_that_conditions_name_is_one_of_the_catalogue():
    named = {row["prefix"] for row in rows("via_services")}
    named |= {row["action"].partition(":")[0] for row in rows("single_endpoint_actions")}

    assert set() == named - set(catalogue().services())


def test_every_single_action_of_one_endpoint_is_one_of_the_catalogue():
    named = {row["action"] for row in rows("single_endpoint_actions") if not row["action"].endswith(":*")}

    assert named
    assert set() == named - set(catalogue().all_actions())
