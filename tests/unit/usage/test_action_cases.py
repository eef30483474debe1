"""What the reference says of operations whose action has another name (action_cases.csv: its tables, row by row)."""

from __future__ import annotations

import pytest

from iamaudit.usage.actions import Named, distinct_actions
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


def test_alternatives_are_told_from_what_is_sure():
    """One statement that can be read is sure; one that is left out may be any of four."""
    case = next(case for case in CASES if case["event_name"] == "ExecuteStatement")
    record = hand_tables.record(case)

    read = map_record({**record, "requestParameters": {"statement": "SELECT * FROM t"}}).uses
    left_out = map_record({**record, "requestParameters": {"statement": "HIDDEN_DUE_TO_SECURITY_REASONS"}}).uses

    assert [("dynamodb:PartiQLSelect", False)] == [(use.action, use.is_alternative) for use in read]
    assert [True] * 4 == [use.is_alternative for use in left_out]


def test_what_one_row_asks_for_surely_is_sure_where_another_leaves_it_open():
    rows = [Named("a:X", is_alternative=True), Named("a:Y", is_alternative=True), Named("a:X"), Named("a:X", "source")]

    assert [Named("a:X"), Named("a:Y", is_alternative=True), Named("a:X", "source")] == distinct_actions(rows)
