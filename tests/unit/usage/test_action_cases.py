"""What the reference says of operations whose action has another name (action_cases.csv: its tables, row by row)."""

from __future__ import annotations

import pytest

from iamaudit.usage.map import map_record
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("action")


def mapped(case):
    return map_record(hand_tables.record(case))


def test_the_tables_of_the_reference_are_there():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=hand_tables.event)
def test_an_operation_needs_what_the_reference_says(case):
    found = mapped(case)

    assert sorted(filter(None, case["actions"].split(";"))) == sorted({use.action for use in found.uses})
    assert found.uses or found.notes[-1].startswith("no_permission_required")


def test_alternatives_that_nothing_settles_are_told_with_low_confidence():
    case = next(case for case in CASES if case["event_name"] == "ExecuteTransaction")

    assert {"low"} == {use.confidence for use in mapped(case).uses}
