"""Which days are rewritten, and what happens when somebody else is quicker."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iamaudit.engine.contents import contents
from iamaudit.errors import PromiseBrokenError, SourceError
from iamaudit.lake import compact as rooms
from iamaudit.lake.compact import commit, due, write_files
from iamaudit.lake.manifest import EventsManifest, to_bytes
from iamaudit.stages import compact as stage
from iamaudit.stages.compact import compact
from tests.properties.small_lake import SmallLake
from tests.properties.test_care_laws import record


@pytest.fixture
def small():
    """Six nights that each brought a record of the first and the second day."""
    with SmallLake() as small:
        for night in range(6):
            small.ingest([[record(night, 1), record(night, 2)]], into=f"night-{night}")
        yield small


def days(work):
    return [entry.dt for entry in work]


def test_only_closed_days_with_many_new_files_are_rewritten(small):
    small.ingest([[record(9, 3)]], into="more")

    assert ["2026-11-01", "2026-11-02"] == days(due(small.lake, before="2026-11-09", more_than=5))
    assert ["2026-11-01"] == days(due(small.lake, before="2026-11-02", more_than=5))
    assert [] == days(due(small.lake, before="2026-11-09", more_than=6))


def test_a_rewritten_day_waits_until_many_files_have_come_again(small):
    compact(small.lake, before="2026-11-09", more_than=2)
    small.ingest([[record(20, 1)]], into="late")

    assert [] == days(due(small.lake, before="2026-11-09", more_than=1))
    (work,) = due(small.lake, before="2026-11-09", more_than=0)
    assert (7, 2, 7) == (len(work.inputs), len(work.parts), work.rows)


def test_the_old_files_are_named_by_ingest_and_read_no_more(small):
    compact(small.lake, before="2026-11-09", more_than=2)

    day = small.lake.days()["2026-11-01"]

    assert (6, 1) == (len(day.inputs), len(day.parts))


def test_of_two_compactions_the_slower_gives_way(small):
    slow = list(due(small.lake, before="2026-11-09", more_than=2))
    compact(small.lake, before="2026-11-09", more_than=2)
    (before,) = small.lake.compact_manifests("events") if len(slow) == 1 else list(small.lake.compact_manifests())[:1]
    files = tuple(part for part in small.lake.days()["2026-11-01"].parts)

    assert commit(small.lake, slow[0], files) is None
    assert before == next(iter(small.lake.compact_manifests()))


def test_files_are_cut_by_rows_and_groups(small, monkeypatch):
    monkeypatch.setattr(rooms, "FILE_ROWS", 20)
    monkeypatch.setattr(rooms, "ROWS_PER_GROUP", 10)
    (work, _) = due(small.lake, before="2026-11-09", more_than=2)
    rows = pa.table({"n": range(47)})

    parts = write_files(small.lake, work, rows.to_batches(max_chunksize=7), rows.schema)

    assert [20, 20, 7] == [part.rows for part in parts]


def test_a_rewriting_that_lost_a_row_is_not_committed(small, monkeypatch):
    monkeypatch.setattr(stage, "write_files", lambda lake, work, batches, schema: work.parts[1:])

    with pytest.raises(PromiseBrokenError, match="changed its rows; nothing was replaced"):
        compact(small.lake, before="2026-11-09", more_than=2)

    assert [] == list(small.lake.compact_manifests())


def test_a_rewriting_whose_count_is_wrong_is_not_committed(small):
    (work, _) = due(small.lake, before="2026-11-09", more_than=2)

    with pytest.raises(PromiseBrokenError, match="read 6 rows and wrote 5; nothing was replaced"):
        commit(small.lake, work, work.parts[1:])


def test_a_damaged_file_stops_the_rewriting_in_one_line(small):
    key = small.lake.days()["2026-11-01"].parts[0].key
    small.lake.store.write(key, b"damaged")

    with pytest.raises(SourceError, match=r"cannot be rewritten: .*run `iamaudit lake check --lake LAKE`"):
        compact(small.lake, before="2026-11-09", more_than=2)


def test_rows_of_an_earlier_version_get_the_columns_they_lack(small):
    """An upgrade adds a column: files of before and after lie in one day."""
    day = small.lake.days()["2026-11-01"]
    rows = pq.read_table(small.lake.locations([day.parts[0]])[0], partitioning=None)
    newer = rows.append_column("later", pa.array(["x"] * rows.num_rows))
    part = small.lake.write_part("events", newer, folder="events/dt=2026-11-01", dt="2026-11-01")
    small.lake.store.write("manifests/events/new.json", to_bytes(EventsManifest("new", (), (part,))))

    compact(small.lake, before="2026-11-02", more_than=2)

    (file,) = small.lake.locations(list(small.lake.days()["2026-11-01"].parts))
    assert [None] * 6 + ["x"] == sorted(pq.read_table(file, partitioning=None)["later"].to_pylist(), key=str)


def test_contents_tell_rows_apart_but_not_their_order(tmp_path):
    for name, values in {"one": [1, 2, 2], "two": [2, 1, 2], "three": [1, 1, 2]}.items():
        pq.write_table(pa.table({"a": values}), tmp_path / name)

    one, two, three = (contents([str(tmp_path / name)], ["a"]) for name in ("one", "two", "three"))

    assert one == two
    assert one != three
