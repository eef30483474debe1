"""What the reference says of operations whose action has another name (action_cases.csv: its tables, row by row)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from iamaudit.usage.map import map_record

CASES = tuple(csv.DictReader((Path(__file__).parent / "action_cases.csv").read_text(encoding="utf-8").splitlines()))


def mapped(case):
    return map_record(
        {
            "eventSource": case["event_source"],
            "eventName": case["event_name"],
            "eventType": "AwsApiCall",
            "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333",
            "requestParameters": json.loads(case["request_parameters"]),
            "userIdentity": {"type": "AssumedRole", "accountId": "111122223333"},
        }
    )


def test_the_tables_of_the_reference_are_there():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['event_source'].partition('.')[0]}-{c['event_name']}")
def test_an_operation_needs_what_the_reference_says(case):
    found = mapped(case)

    assert sorted(filter(None, case["actions"].split(";"))) == sorted({use.action for use in found.uses})
    assert found.uses or found.notes[-1].startswith("no_permission_required")


def test_alternatives_that_nothing_settles_are_told_with_low_confidence():
    case = next(case for case in CASES if case["event_name"] == "ExecuteTransaction")

    assert {"low"} == {use.confidence for use in mapped(case).uses}
