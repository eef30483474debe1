"""Laws of explaining one event: it never fails, it answers as `map` does, and the lake gives the record back."""

import json

from hypothesis import given

from iamaudit.formats.record import row_of
from iamaudit.formats.restored import restored_record
from iamaudit.formats.values import UnusableError
from iamaudit.stages.explain_event import explain_event
from iamaudit.usage.map import map_line, map_record
from tests.properties.strategies_records import good_records, json_values, odd_records


@given(odd_records | json_values)
def test_explaining_answers_as_map_does_whatever_the_record(record):
    line = map_line(map_record(record))

    found = explain_event(record).as_json()

    assert line["principal"] == found["principal"]
    assert line["outcome"] == found["outcome"]
    assert [(use["action"], use["resources"], use["rule"]) for use in line["uses"]] == [
        (use["action"], [one["arn"] for one in use["resources"]], use["rule"]) for use in found["uses"]
    ]
    assert json.dumps(found)


@given(odd_records | good_records())
def test_a_record_of_the_lake_maps_as_the_one_that_was_ingested(record):
    try:
        row = row_of(json.dumps(record).encode())
    except UnusableError:
        return

    restored = restored_record(row)

    assert map_record({**record, "eventTime": restored["eventTime"], "eventID": restored["eventID"]}) == map_record(
        restored
    )
