"""Where the calls of a service are recorded."""

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.regions import global_regions, recorded
from iamaudit.knowledge.tables import rows


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("iam", "global"), ("IAM", "global"), ("sts", "both"), ("ec2", "regional"), ("?", "regional")],
)
def test_a_service_that_no_row_names_counts_as_regional(prefix, expected):
    assert expected == recorded(prefix)


def test_every_service_named_is_one_of_the_catalogue():
    assert set() == {row["prefix"] for row in rows("global_services")} - set(catalogue().services())


def test_every_partition_has_one_global_region():
    found = dict(global_regions())

    assert "us-east-1" == found[""]
    assert all(region.startswith(beginning) for beginning, region in found.items())
