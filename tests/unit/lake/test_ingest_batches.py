"""Batches: parts and quarantine first, the manifest last."""

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from iamaudit.errors import BooksDoNotBalanceError
from iamaudit.lake.ingest import batch_id_of, commit, set_aside, write_days
from iamaudit.lake.lake import Lake, create_lake
from iamaudit.lake.manifest import SourceObject
from iamaudit.lake.parts import PartWriter
from iamaudit.lake.schema import table_of
from iamaudit.lake.store import MemoryStore
from iamaudit.model.tables import EVENTS


def rows(*days, accounts="1"):
    return table_of(
        [
            {"event_id": f"{day}-{n}", "event_time": datetime(2026, 11, day, n, tzinfo=UTC), "account_id": account}
            for n, (day, account) in enumerate(zip(days, accounts * len(days), strict=False))
        ],
        EVENTS,
    )


def written(lake, table):
    with PartWriter(lake) as writer:
        write_days(writer, table)
    return writer.parts


def test_the_same_objects_make_the_same_batch_in_any_order():
    one, two = ("a", "etag-1"), ("b", "etag-2")

    assert batch_id_of([one, two]) == batch_id_of([two, one])
    assert batch_id_of([one]) != batch_id_of([("a", "etag-changed")])


def test_there_is_one_part_for_each_event_day_and_rows_run_by_account(tmp_path):
    lake = create_lake(tmp_path)

    parts = written(lake, rows(2, 1, 2, 1, accounts="2211"))

    assert [("2026-11-01", 2), ("2026-11-02", 2)] == [(part.dt, part.rows) for part in parts]
    first = pq.ParquetFile(lake.locations(parts)[0]).read()
    assert ["1", "2"] == first["account_id"].to_pylist()
    assert "dt" not in first.column_names


def test_an_event_stands_on_the_day_it_happened_in_utc(tmp_path):
    table = table_of(
        [{"event_id": "e", "event_time": datetime(y, 11, 1, 23, 59, 59, tzinfo=UTC)} for y in (1969, 2026)], EVENTS
    )

    parts = written(create_lake(tmp_path), table)

    assert ["1969-11-01", "2026-11-01"] == [part.dt for part in parts]


def test_no_rows_make_no_part(tmp_path):
    assert [] == written(create_lake(tmp_path), rows())


def test_books_that_do_not_balance_stop_the_commit():
    lake = Lake(MemoryStore())
    line = SourceObject("a", "etag", 1, "ingested", records_in=2, kept=2)

    with pytest.raises(BooksDoNotBalanceError):
        commit(lake, "batch", [line], written(lake, rows(1)))

    assert [] == list(lake.event_manifests())


def test_what_is_set_aside_keeps_its_bytes_with_the_reason_beside_them():
    lake = Lake(MemoryStore())

    set_aside(lake, b"bytes", {"object": "broken.gz", "etag": "e", "reason": "not_json: x"})

    data, about = (lake.store.read(key) for key in lake.store.list("quarantine/"))
    assert b"bytes" == data
    assert {"object": "broken.gz", "etag": "e", "reason": "not_json: x"} == json.loads(about)


def test_a_batch_that_is_committed_stays_as_it_is():
    lake = Lake(MemoryStore())
    line = SourceObject("a", "etag", 1, "ingested", records_in=1, kept=1)

    for _ in range(2):
        commit(lake, "batch", [line], written(lake, rows(1)))

    assert [("a", "etag")] == [(entry.key, entry.etag) for entry in lake.ledger().objects()]
    assert ["2026-11-01"] == list(lake.days())
