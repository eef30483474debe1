"""The books of a lake: each object once, whoever committed it and however often."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.ledger import Ledger
from iamaudit.lake.manifest import EventsManifest, to_bytes
from iamaudit.stages.status import lake_status
from tests.properties.small_lake import SmallLake
from tests.properties.test_care_laws import record

NOW = datetime.now(UTC)


@pytest.fixture
def small():
    with SmallLake() as small:
        small.ingest([[record(1, 1), 5], [record(2, 2)]])
        yield small


def test_an_object_that_two_writers_committed_counts_once(small):
    (manifest,) = small.lake.event_manifests()
    other = EventsManifest("another", manifest.objects[:1], manifest.parts)
    small.lake.store.write("manifests/events/another.json", to_bytes(other))

    status = lake_status(small.lake, now=NOW)

    assert (2, {"ingested": 2}, 1) == (status["batches"], status["objects"], status["committed_again"])
    assert {"in": 3, "kept": 2, "ignored": {}, "set_aside": {"not_an_object": 1}} == status["records"]
    assert 2 == status["event_rows"]


def test_the_books_are_those_of_the_ledger(small):
    status = lake_status(small.lake, now=NOW)

    assert status["records"]["in"] == sum(entry.records_in for entry in Ledger(small.lake.store).objects())


def test_a_night_is_the_day_its_commits_were_written(small):
    later = NOW.replace(year=NOW.year + 1, month=1, day=1)

    assert [later.date().isoformat()] == list(lake_status(small.lake, now=later)["nights"])


def test_a_manifest_that_cannot_be_read_is_not_passed_over(small):
    small.lake.store.write("manifests/events/broken.json", json.dumps({"batch_id": 1}).encode())

    with pytest.raises(PromiseBrokenError, match="run `iamaudit lake check --lake LAKE`"):
        lake_status(small.lake, now=NOW)


def test_an_empty_lake_has_empty_books():
    with SmallLake() as small:
        status = lake_status(small.lake, now=NOW)

    assert (0, {}, None, {}) == tuple(status[name] for name in ("batches", "objects", "first_day", "nights"))
