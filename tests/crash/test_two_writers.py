"""Two writers at once, on the same and on different objects, need not know of each other."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.config import Settings
from iamaudit.lake.check import check
from iamaudit.lake.lake import create_lake, find_lake
from iamaudit.stages.ingest import ingest
from iamaudit.stages.status import lake_status
from iamaudit.stages.workbench import engine_on
from tests.crash.made_up_logs import OBJECTS, event_ids, key, record, write_logs

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def write_at_once(work, rounds, *writers):
    """Let the writers loose on one lake after another; return the lakes."""
    answer = subprocess.run(
        [sys.executable, ROOT / "tests/crash/writing.py", work, str(rounds), *writers],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (answer.returncode, answer.stderr)
    return [find_lake(work / f"lake-{number}") for number in range(rounds)]


def event_ids_of(lake):
    """Return the ids in the `events` view, sorted."""
    with engine_on(lake, Settings(), NOW) as engine:
        return sorted(engine.query("select event_id from events")["event_id"].to_pylist())


def counted(lake):
    """Return how many objects the books count, and how many records came in."""
    status = lake_status(lake, now=NOW)
    return sum(status["objects"].values()), status["records"]["in"]


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param((range(OBJECTS), range(OBJECTS)), id="the same objects", marks=pytest.mark.slow),
        pytest.param(
            (range(OBJECTS // 2), range(OBJECTS // 2, OBJECTS)), id="different objects", marks=pytest.mark.slow
        ),
        pytest.param((range(45), range(15, OBJECTS)), id="some the same"),
    ],
)
@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param((3_000, 3_000), id="same batches", marks=pytest.mark.slow),
        pytest.param((1_300, 4_000), id="different batches"),
        pytest.param(("1300+", "4000+"), id="each with workers", marks=pytest.mark.slow),
    ],
)
def test_each_event_is_there_once_and_each_object_counts_once(tmp_path, numbers, sizes):
    calm = create_lake(tmp_path / "calm")
    ingest([write_logs(tmp_path / "all")], calm)
    logs = [write_logs(tmp_path / f"logs-{n}", some) for n, some in enumerate(numbers)]

    lakes = write_at_once(tmp_path, 2, *(f"{place}={size}" for place, size in zip(logs, sizes, strict=True)))

    for lake in lakes:
        assert event_ids() == event_ids_of(lake)
        assert counted(calm) == counted(lake)
        assert check(lake).is_whole


def test_compaction_beside_ingest_and_beside_itself_changes_nothing(tmp_path):
    calm = create_lake(tmp_path / "calm")
    logs = write_logs(tmp_path / "all")
    ingest([logs], calm)

    lakes = write_at_once(tmp_path, 3, f"{logs}=1200", "compact", "compact")

    for lake in lakes:
        assert event_ids() == event_ids_of(lake)
        assert counted(calm) == counted(lake)
        assert check(lake).is_whole
        assert counted(calm)[1] - 6 == sum(part.rows for part in lake.event_parts())  # six were set aside
    assert any(list(lake.compact_manifests()) for lake in lakes)


def test_an_object_replaced_under_its_key_is_read_again_and_its_old_records_are_not_doubled(tmp_path):
    lake = create_lake(tmp_path / "lake")
    path = tmp_path / "logs" / key(0)
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": [record(1), record(2)]}).encode()))
    ingest([tmp_path / "logs"], lake)
    path.write_bytes(gzip.compress(json.dumps({"Records": [record(2), record(3), record(4)]}).encode()))

    again = ingest([tmp_path / "logs"], lake)

    assert (1, 0) == (again.ingested, again.already_ingested)
    assert [record(n)["eventID"] for n in (1, 2, 3, 4)] == event_ids_of(lake)
    assert (2, 5) == counted(lake)
    assert check(lake).is_whole
