"""ingest: every source, each object once, and sentences for what went wrong."""

import json

import pytest

from iamaudit.errors import InputError
from iamaudit.lake.check import check
from iamaudit.lake.lake import create_lake
from iamaudit.stages.ingest import ingest

RECORD = {"eventName": "GetRole", "eventTime": "2026-11-01T10:00:00Z", "eventID": "e-1"}
DIGEST = {"digestStartTime": "2026-11-01T10:00:00Z", "logFiles": []}


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def test_the_same_place_twice_counts_once(tmp_path, lake):
    write(tmp_path / "logs" / "a.json", RECORD)

    result = ingest([tmp_path / "logs", tmp_path / "logs"], lake)

    assert (2, 1, 1) == (result.seen, result.ingested, result.already_ingested)
    assert 1 == result.records.kept


def test_an_object_counts_once_from_whichever_folder_it_is_reached(tmp_path, lake):
    folder = tmp_path / "copy" / "AWSLogs" / "111122223333" / "CloudTrail" / "eu-west-1" / "2026" / "11" / "01"
    write(folder / "a.json", RECORD)
    ingest([tmp_path / "copy"], lake)

    result = ingest([folder], lake)

    assert (0, 1) == (result.ingested, result.already_ingested)


def test_an_object_that_changed_is_read_again(tmp_path, lake):
    path = write(tmp_path / "logs" / "a.json", RECORD)
    ingest([path], lake)
    write(path, [RECORD, {**RECORD, "eventID": "e-2"}])

    result = ingest([path], lake)

    assert (1, 2) == (result.ingested, result.records.kept)


def test_a_digest_is_seen_and_holds_no_records(tmp_path, lake):
    write(tmp_path / "logs" / "digest.json", DIGEST)
    write(tmp_path / "logs" / "a.json", RECORD)

    result = ingest([tmp_path / "logs"], lake)

    assert (2, 2, 1) == (result.seen, result.ingested, result.records.records_in)
    assert (True, ()) == (result.is_complete, result.problems)
    assert {"not_a_log", "ingested"} == {entry.status for entry in lake.ledger().objects()}


def test_objects_are_read_by_delivery_day(tmp_path, lake):
    for account in ("1", "2"):
        for day in ("02", "01"):
            write(tmp_path / "logs" / account / "2026" / "11" / day / "a.json", {**RECORD, "eventID": account + day})

    ingest([tmp_path / "logs"], lake)

    (manifest,) = lake.event_manifests()
    assert ["01", "01", "02", "02"] == [entry.key.split("/")[-2] for entry in manifest.objects]


def test_a_file_that_cannot_be_opened_is_tried_again_next_time(tmp_path, lake):
    write(tmp_path / "logs" / "a.json", RECORD)
    (tmp_path / "logs" / "gone.json").symlink_to(tmp_path / "nowhere")

    result = ingest([tmp_path / "logs"], lake)

    assert (1, 1, False) == (result.ingested, result.unread, result.is_complete)
    assert "gone.json" in result.problems[0]
    assert "the next run tries it again" in result.problems[0]


def test_a_missing_source_does_not_stop_the_others(tmp_path, lake):
    write(tmp_path / "logs" / "a.json", RECORD)

    result = ingest([tmp_path / "nowhere", tmp_path / "logs"], lake)

    assert (1, 1, False) == (result.ingested, result.sources_missing, result.is_complete)


def test_without_any_source_nothing_is_done(tmp_path, lake):
    with pytest.raises(InputError, match="nowhere"):
        ingest([tmp_path / "nowhere", tmp_path / "nowhere-else"], lake)


def test_progress_is_told(tmp_path, lake):
    for name in "abc":
        write(tmp_path / "logs" / f"{name}.json", {**RECORD, "eventID": name})
    seen = []

    ingest([tmp_path / "logs"], lake, progress=lambda done, total, what: seen.append((done, total, what)))

    assert [(3, 3, "log objects")] == seen


def test_an_empty_source_is_not_the_current_folder(lake):
    with pytest.raises(InputError, match="a source is empty"):
        ingest([""], lake)


def test_an_empty_object_of_a_trail_is_a_failed_copy(tmp_path, lake):
    """CloudTrail writes none: taken for read, it would make that hour look quiet."""
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01"
    folder.mkdir(parents=True)
    (folder / "111122223333_CloudTrail_eu-west-1_20261101T1000Z_aaaaaaaaaaaaaaaa.json.gz").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"")

    result = ingest([tmp_path], lake)

    assert (2, 1) == (result.seen, result.set_aside)
    assert "CloudTrail delivers no empty objects" in result.problems[0]


def test_an_event_at_the_end_of_time_leaves_the_lake_whole(tmp_path, lake):
    write(tmp_path / "logs" / "a.json", {**RECORD, "eventTime": "9999-12-31T23:59:59Z"})

    ingest([tmp_path / "logs"], lake)

    assert () == check(lake).problems
