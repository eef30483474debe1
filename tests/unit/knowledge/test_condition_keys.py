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
    ("prefix", "expected"),
    [("iam", True), ("IAM", True), ("sts", True), ("route53", True), ("ec2", False), ("s3", False)],
)
def test_a_service_with_one_endpoint_tells_nothing_by_its_region(prefix, expected):
    assert expected is has_single_endpoint(prefix)


@pytest.mark.parametrize("table", ["via_services", "single_endpoint_services"])
def test_every_service_that_conditions_name_is_one_of_the_catalogue(table):
    assert set() == {row["prefix"] for row in rows(table)} - set(catalogue().services())
