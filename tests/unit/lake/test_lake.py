"""The lake as its readers see it: what no manifest names does not exist."""

from datetime import UTC, datetime

import pytest

from iamaudit.errors import LakeNotFoundError
from iamaudit.lake.lake import MARK, Lake, create_lake, find_lake
from iamaudit.lake.manifest import EventsManifest, Part, to_bytes
from iamaudit.lake.schema import EVENTS_SCHEMA, STATE_SCHEMAS, table_of
from iamaudit.lake.state import write_state
from iamaudit.lake.store import MemoryStore
from iamaudit.model.tables import CREDENTIAL_USE

ROWS = EVENTS_SCHEMA.empty_table()


def test_a_new_lake_has_its_mark_and_is_found_again(tmp_path):
    create_lake(tmp_path / "lake")

    assert (tmp_path / "lake" / MARK).is_file()
    assert [] == find_lake(tmp_path / "lake").event_parts()


def test_making_a_lake_twice_changes_nothing(tmp_path):
    create_lake(tmp_path).store.write("manifests/usage/dt=x.json", b"{}")

    assert ["manifests/usage/dt=x.json"] == list(create_lake(tmp_path).store.list("manifests/"))


def test_no_lake_is_named_with_a_remedy(tmp_path):
    with pytest.raises(LakeNotFoundError, match=r"there is no lake at .*: run `iamaudit ingest SOURCE --lake"):
        find_lake(tmp_path)


def test_a_folder_with_other_things_does_not_become_a_lake(tmp_path):
    (tmp_path / "thesis.doc").write_text("x")

    with pytest.raises(LakeNotFoundError, match="is not a lake: give an empty or a new folder"):
        create_lake(tmp_path)


def test_a_file_does_not_become_a_lake(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(LakeNotFoundError):
        create_lake(tmp_path / "file")


def test_a_part_is_named_by_its_content():
    lake = Lake(MemoryStore())

    first, second = (lake.write_part("events", ROWS, folder="events/dt=2026-11-01") for _ in range(2))

    assert first == second
    assert [first.key] == list(lake.store.list("events/"))


def test_a_part_that_no_manifest_names_does_not_exist():
    lake = Lake(MemoryStore())
    lake.write_part("events", ROWS, folder="events/dt=2026-11-01")

    assert [] == lake.event_parts()


def test_a_part_that_two_manifests_name_is_read_once():
    lake = Lake(MemoryStore())
    part = Part("events/dt=2026-11-01/x.parquet", "events", 0, 1, "sha", "2026-11-01")
    for batch in ("a", "b"):
        lake.store.write(f"manifests/events/{batch}.json", to_bytes(EventsManifest(batch, (), (part,))))

    assert [part] == lake.event_parts()


def test_captures_come_oldest_first():
    lake = Lake(MemoryStore())
    rows = STATE_SCHEMAS["trails"].empty_table()
    for day in (3, 1, 2):
        write_state(lake, {"trails": rows}, captured_at=datetime(2026, 11, day, tzinfo=UTC), accounts={}, missing=())

    assert [f"2026-11-0{day}T00:00:00Z" for day in (1, 2, 3)] == [m.captured_at for m in lake.state_manifests()]


def test_the_same_capture_twice_is_one_commit():
    lake = Lake(MemoryStore())
    now = datetime(2026, 11, 1, tzinfo=UTC)

    manifests = [write_state(lake, {}, captured_at=now, accounts={"1": {"users": 1}}, missing=()) for _ in range(2)]

    assert manifests[0] == manifests[1]
    assert 1 == len(list(lake.state_manifests()))


def test_a_table_from_rows_has_nulls_for_missing_keys_and_refuses_unknown_ones():
    assert [None] == table_of([{"dt": "2026-11-01"}], CREDENTIAL_USE)["user_arn"].to_pylist()
    with pytest.raises(KeyError, match="colour"):
        table_of([{"colour": "red"}], CREDENTIAL_USE)
