"""The decoder agrees with its slow twin, whatever a record looks like."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudtrail import decode
from iamaudit.formats.envelopes import Broken, records_of
from iamaudit.lake.schema import EVENTS_SCHEMA
from tests.amount import examples
from tests.oracles.slow_decoder import JSON_COLUMNS, slow_row
from tests.properties.strategies_records import broken_texts, record_texts


def parsed(row):
    return {
        name: json.loads(value) if name in JSON_COLUMNS and value is not None else value
        for name, value in row.items()
        if name not in {"source_key", "batch_id"}
    }


@settings(deadline=None)
@given(record_texts())
def test_the_decoder_agrees_with_its_slow_twin(record):
    expected, reason = slow_row(record)

    found = decode(b'{"Records":[' + record + b"]}")

    assert ([] if expected is None else [expected]) == [parsed(row) for row in found.table.to_pylist()]
    assert ([] if reason is None else [reason]) == [piece.reason for piece in found.set_aside]


@settings(deadline=None, max_examples=examples(100, least=50))
@given(st.lists(record_texts() | broken_texts.filter(lambda text: text.endswith((b"}", b"]"))), max_size=6))
def test_every_record_is_a_row_or_set_aside(records):
    """One broken record does not take its neighbours with it."""
    expected = [slow_row(record) for record in records]

    found = decode(b'{"Records":[' + b",".join(records) + b"]}")

    assert len(records) == found.tally.records_in
    assert sum(row is not None for row, _ in expected) == found.table.num_rows == found.tally.kept
    assert EVENTS_SCHEMA == found.table.schema


@settings(deadline=None, max_examples=examples(100, least=50))
@given(record_texts())
def test_no_secret_reaches_the_table_or_the_quarantine(record):
    planted = record.replace(b'"SECRET"', b'"hunter2-hunter2"')

    found = decode(b'{"Records":[' + planted + b"]}")

    assert "hunter2-hunter2" not in str(found.table.to_pylist())
    assert all(b"hunter2-hunter2" not in piece.data for piece in found.set_aside)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ Records', max_size=60).map(str.encode))
def test_any_bytes_are_records_or_refused(data):
    try:
        found = decode(data)
    except UnreadableObjectError:
        return

    ignored = sum(found.tally.ignored.values())
    assert found.tally.records_in == found.tally.kept + len(found.set_aside) + ignored


@settings(deadline=None, max_examples=examples(100, least=50))
@given(st.lists(record_texts(), min_size=1, max_size=4))
def test_the_shape_around_the_records_does_not_matter(records):
    """A list, JSON lines and AWS's own envelope hold the same records."""
    compact = [json.dumps(json.loads(record)).encode() for record in records]

    as_aws = records_of(b'{"Records":[' + b",".join(compact) + b"]}")
    as_list = records_of(b"[" + b",".join(compact) + b"]")
    as_lines = records_of(b"\n".join(compact) + b"\n")

    assert as_aws == as_list == as_lines == compact
    assert not any(isinstance(piece, Broken) for piece in as_aws)
