"""The hand table of resources: requests as CloudTrail writes them, and the ARNs that AWS evaluates (domain.md §2.6)."""

from __future__ import annotations

import pytest

from iamaudit.usage.map import map_record
from iamaudit.usage.templates import plans_of
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("resource")
IDS = [f"{n}-{hand_tables.event(case)}" for n, case in enumerate(CASES)]
# a recovery point's ARN is of the service that holds it; two APIs of balancers share one name in the catalogue; it lists
# the tags of API Gateway for other verbs only, no task definition without its revision, and no transforms
LOOSE = frozenset(
    {
        "apigateway:POST",
        "backup:DeleteRecoveryPoint",
        "cloudformation:CreateChangeSet",
        "ecs:RunTask",
        "elasticloadbalancing:AddTags",
    }
)


def use_of(case):
    return next(use for use in map_record(hand_tables.record(case)).uses if use.action == case["action"])


def test_the_table_is_wide():
    services = {case["event_source"] for case in CASES}

    assert len(CASES) >= 250
    assert len(services) >= 75


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_call_is_about_what_the_table_says(case):
    use = use_of(case)

    assert sorted(case["resources"].split(";")) == sorted(use.resources)
    assert case["confidence"] == use.confidence


def test_what_the_table_is_sure_of_matches_a_type_of_the_action():
    """A star is for actions that take none."""
    strays = [
        case["action"]
        for case in CASES
        if case["confidence"] == "high" and case["resources"] != "*" and case["action"] not in LOOSE
        for arn in case["resources"].split(";")
        if not any(plan.pattern.fullmatch(arn) for plan in plans_of(case["action"]))
    ]

    assert [] == strays
