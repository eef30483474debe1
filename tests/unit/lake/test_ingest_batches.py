"""Batches: parts and quarantine first, the manifest last."""

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from iamaudit.errors import BooksDoNotBalanceError
from iamaudit.lake.ingest import DecodedObject, LogObject, batch_id_of, batches, books, ingest_batch
from iamaudit.lake.lake import Lake, create_lake
from iamaudit.lake.schema import table_of
from iamaudit.lake.store import MemoryStore
from iamaudit.model.tables import EVENTS
from iamaudit.model.tally import Tally


def rows(*days, account="1"):
    return table_of(
        [
            {"event_id": f"{day}-{n}", "event_time": datetime(2026, 11, day, n, tzinfo=UTC), "account_id": account}
            for n, day in enumerate(days)
        ],
        EVENTS,
    )


def kept(table):
    return lambda _, __: DecodedObject(table, Tally(table.num_rows, table.num_rows))


def test_a_stream_is_cut_into_batches_of_about_a_size():
    stream = [LogObject(str(n), b"12345") for n in range(5)]

    assert [["0", "1"], ["2", "3"], ["4"]] == [[e.key for e in batch] for batch in batches(stream, limit=10)]
    assert [] == list(batches([]))


def test_the_same_objects_make_the_same_batch_in_any_order():
    one, two = LogObject("a", b"1"), LogObject("b", b"2")

    assert batch_id_of([one, two]) == batch_id_of([two, one])
    assert batch_id_of([one]) != batch_id_of([LogObject("a", b"changed")])


def test_there_is_one_part_for_each_event_day_and_rows_run_by_account(tmp_path):
    lake = create_lake(tmp_path)
    entry = [LogObject("a", b"1"), LogObject("b", b"2")]
    tables = {"a": rows(1, 2, account="2"), "b": rows(2, 1, account="1")}

    manifest = ingest_batch(lake, entry, lambda log, _: DecodedObject(tables[log.key], Tally(2, 2)))

    assert [("2026-11-01", 2), ("2026-11-02", 2)] == [(part.dt, part.rows) for part in manifest.parts]
    first = pq.ParquetFile(lake.locations(list(manifest.parts))[0]).read()
    assert ["1", "2"] == first["account_id"].to_pylist()
    assert "dt" not in first.column_names


def test_an_event_stands_on_the_day_it_happened_in_utc(tmp_path):
    table = table_of([{"event_id": "e", "event_time": datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)}], EVENTS)

    manifest = ingest_batch(create_lake(tmp_path), [LogObject("a", b"1")], kept(table))

    assert ["2026-11-01"] == [part.dt for part in manifest.parts]


def test_books_that_do_not_balance_stop_the_commit():
    lake = Lake(MemoryStore())

    with pytest.raises(BooksDoNotBalanceError):
        ingest_batch(lake, [LogObject("a", b"1")], lambda _, __: DecodedObject(rows(1), Tally(2, 2)))

    assert [] == list(lake.event_manifests())


def test_what_is_set_aside_keeps_its_bytes_with_the_reason_beside_them():
    lake = Lake(MemoryStore())
    whole = LogObject("broken.gz", b"bytes")

    ingest_batch(lake, [whole], lambda _, __: DecodedObject(None, Tally(), status="set_aside", reason="not_json: x"))

    data, about = (lake.store.read(key) for key in lake.store.list("quarantine/"))
    assert b"bytes" == data
    assert {"object": "broken.gz", "etag": whole.etag, "reason": "not_json: x"} == json.loads(about)


def test_the_ledger_remembers_every_object_with_its_books():
    lake = Lake(MemoryStore())
    entry = LogObject("a", b"1")
    found = DecodedObject(rows(1), Tally(2, 1, {}, {"not_json": 1}), (("not_json", b"x"),))

    manifest = ingest_batch(lake, [entry], lambda _, __: found)

    assert [("a", entry.etag)] == [(e.key, e.etag) for e in lake.ledger().objects()]
    assert Tally(2, 1, {}, {"not_json": 1}) == books([manifest])
