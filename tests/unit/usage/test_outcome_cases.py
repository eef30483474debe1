"""The hand table of outcomes (outcome_cases.csv, each row with the section that says so)."""

from __future__ import annotations

import json

import pytest

from iamaudit.usage.outcome import outcome
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("outcome")


def record(case):
    found = {
        "eventSource": case["event_source"],
        "eventName": case["event_name"],
        "eventType": case["event_type"],
        "eventCategory": case["event_category"],
        "errorCode": case["error_code"] or None,
        "errorMessage": case["error_message"] or None,
        "responseElements": json.loads(case["response_elements"] or "null"),
        "requestParameters": json.loads(case["request_parameters"] or "null"),
    }
    return {name: value for name, value in found.items() if value is not None}


def label(case):
    how = case["error_code"] or case["error_message"] or case["response_elements"] or case["request_parameters"]
    return f"{case['event_source'].partition('.')[0]}-{case['event_name']}-{how}"


def test_the_table_is_not_empty_and_has_every_outcome():
    assert len(CASES) >= 90
    assert len({case["outcome"] for case in CASES}) == 7


@pytest.mark.parametrize("case", CASES, ids=label)
def test_a_call_ends_as_the_table_says(case):
    assert case["outcome"] == outcome(record(case)).value
