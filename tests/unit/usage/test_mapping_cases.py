"""The hand table: what each event needed (mapping_cases.csv, each row with the section that says so)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from iamaudit.usage.map import map_record

CASES = tuple(csv.DictReader((Path(__file__).parent / "mapping_cases.csv").read_text(encoding="utf-8").splitlines()))


def parts(text):
    return sorted(part for part in text.split(";") if part)


def test_the_table_is_not_empty():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['event_source'].partition('.')[0]}-{c['event_name']}")
def test_an_event_needs_what_the_table_says(case):
    record = {
        "eventSource": case["event_source"],
        "eventName": case["event_name"],
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "requestParameters": json.loads(case["request_parameters"]),
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333"},
    }

    mapped = map_record(record)

    assert parts(case["actions"]) == sorted(use.action for use in mapped.uses)
    assert parts(case["resources"]) == sorted({arn for use in mapped.uses for arn in use.resources})
