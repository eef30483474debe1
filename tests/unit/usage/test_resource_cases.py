"""The hand table of resources: requests as CloudTrail writes them, and the ARNs that AWS evaluates (domain.md §2.6)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from iamaudit.usage.map import map_record
from iamaudit.usage.templates import plans_of

CASES = tuple(csv.DictReader((Path(__file__).parent / "resource_cases.csv").read_text(encoding="utf-8").splitlines()))
IDS = [f"{n}-{case['event_source'].partition('.')[0]}-{case['event_name']}" for n, case in enumerate(CASES)]
# a recovery point's ARN is of the service that holds it; two APIs of balancers share one name in the catalogue
LOOSE = frozenset({"backup:DeleteRecoveryPoint", "elasticloadbalancing:AddTags"})


def use_of(case):
    record = {
        "eventSource": case["event_source"],
        "eventName": case["event_name"],
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "requestParameters": json.loads(case["request_parameters"]),
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333"},
        **json.loads(case["rest_of_the_record"] or "{}"),
    }
    return next(use for use in map_record(record).uses if use.action == case["action"])


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
