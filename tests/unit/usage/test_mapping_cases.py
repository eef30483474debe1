"""The hand table: what each event needed (mapping_cases.csv, each row with the section that says so)."""

from __future__ import annotations

import pytest

from iamaudit.usage.map import map_record
from tests.unit.usage import hand_tables

CASES = hand_tables.cases("mapping")


def parts(text):
    return sorted(part for part in text.split(";") if part)


def test_the_table_is_not_empty():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=hand_tables.event)
def test_an_event_needs_what_the_table_says(case):
    mapped = map_record(hand_tables.record(case))

    assert parts(case["actions"]) == sorted(use.action for use in mapped.uses)
    assert parts(case["resources"]) == sorted({arn for use in mapped.uses for arn in use.resources})
