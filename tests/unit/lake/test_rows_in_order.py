"""A batch's rows go by day and account, whether long runs change places or rows are copied one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.lake.ingest import LONG_RUN, write_days
from iamaudit.lake.lake import Lake
from iamaudit.lake.parts import PartWriter
from iamaudit.lake.schema import table_of
from iamaudit.lake.store import MemoryStore
from iamaudit.model.tables import EVENTS

START = datetime(2026, 11, 1, tzinfo=UTC)
LENGTHS = st.sampled_from([1, 2, LONG_RUN, 3 * LONG_RUN])
RUNS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, "1", "2", "10"]), LENGTHS), min_size=1, max_size=9)


def rows_of(runs):
    found = [(day, account) for day, account, length in runs for _ in range(length)]
    return [
        {"event_id": str(number), "event_time": START + timedelta(days=day), "account_id": account}
        for number, (day, account) in enumerate(found)
    ]


def written(rows):
    lake = Lake(MemoryStore())
    with PartWriter(lake) as writer:
        write_days(writer, table_of(rows, EVENTS))
    found = []
    for part in writer.parts:
        found += pq.read_table(BytesIO(lake.store.read(part.key)), columns=["event_id"])["event_id"].to_pylist()
    return found, [part.dt for part in writer.parts]


@given(RUNS)
def test_rows_are_in_the_order_of_a_plain_stable_sort(runs):
    rows = rows_of(runs)
    expected = sorted(rows, key=lambda row: (row["event_time"], row["account_id"] or ""))

    found, days = written(rows)

    assert [row["event_id"] for row in expected] == found
    assert sorted({f"{row['event_time']:%Y-%m-%d}" for row in rows}) == days
