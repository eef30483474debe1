"""The hand table of implied actions (implied_cases.csv, each row with the section that says so).

A cell of `implied` is `action@resource`, several by semicolons; a question mark after the action is low confidence.
"""

from __future__ import annotations

import pytest

from iamaudit.usage.map import map_record
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("implied")


def implied(case):
    mapped = map_record(hand_tables.record(case))
    return [use for use in mapped.uses if use.evidence == "implied"]


def told(use):
    return f"{use.action}{'' if use.confidence == 'high' else '?'}@{','.join(use.resources)}"


def test_the_table_is_not_empty():
    assert len(CASES) >= 80


@pytest.mark.parametrize("case", CASES, ids=hand_tables.event)
def test_a_call_implies_what_the_table_says(case):
    uses = implied(case)

    assert sorted(filter(None, case["implied"].split(";"))) == sorted(told(use) for use in uses)
    assert all(".csv: " in use.rule for use in uses)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c["passed_to"]],
    ids=lambda c: f"{c['event_source'].partition('.')[0]}-{c['passed_to']}",
)
def test_a_role_is_passed_to_the_service_that_the_table_says(case):
    passed = {use.conditions["iam:PassedToService"] for use in implied(case) if use.action == "iam:PassRole"}

    assert {case["passed_to"]} == passed
