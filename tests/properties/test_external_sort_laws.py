"""The external sort agrees with Python's: the same rows in the same order, whatever is cut where."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.lake import external_sort
from iamaudit.lake.external_sort import sort_rows
from tests.amount import examples

SCHEMA = pa.schema([("a", pa.string()), ("t", pa.timestamp("us", tz="UTC")), ("n", pa.int64())])
rows = st.tuples(
    st.sampled_from([None, "", "a", "ab", "b", "é", "\U0001f511"]),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),  # noqa: DTZ001  # made aware
)


def key(row):
    return (row["a"] or "").encode(), row["t"]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(rows, max_size=40), st.lists(rows, max_size=20), st.integers(1, 9), st.integers(1, 400))
def test_the_external_sort_agrees_with_a_sort_in_memory(unsorted, in_order, cut, run_bytes):
    one, two = (
        [{"a": a, "t": t, "n": number} for number, (a, t) in enumerate(some, first)]
        for first, some in ((0, unsorted), (1000, in_order))
    )
    two.sort(key=key)
    batches = [
        pa.RecordBatch.from_pylist(some[n : n + cut], schema=SCHEMA)
        for some in (one, two)
        for n in range(0, len(some), cut)
    ]
    first = -(-len(one) // cut)

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(external_sort, "RUN_BYTES", run_bytes)
        patch.setattr(external_sort, "BATCH_BYTES", 100)
        patch.setattr(external_sort, "MERGE_BYTES", run_bytes)
        patch.setattr(external_sort, "FAN_IN", 3)
        found = [
            row
            for batch in sort_rows(batches[:first], batches[first:], by=["a", "t"], spill=Path(folder))
            for row in batch.to_pylist()
        ]

    assert sorted(map(key, one + two)) == list(map(key, found))
    assert sorted(one + two, key=str) == sorted(found, key=str)
