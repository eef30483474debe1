"""Looking for an event: days are opened newest first, and no more of them than it takes."""

import json
from datetime import date, timedelta

import pytest

from iamaudit.lake.lake import create_lake
from iamaudit.stages.event_search import EventSearch
from iamaudit.stages.ingest import ingest

FIRST, DAYS = date(2026, 7, 1), 100


class Noting:
    """A lake that notes which parts somebody opened."""

    def __init__(self, lake):
        self.lake = lake
        self.opened = []

    def days(self):
        return self.lake.days()

    def locations(self, parts):
        self.opened += [part.dt for part in parts]
        return self.lake.locations(parts)


@pytest.fixture(scope="module")
def long_lake(tmp_path_factory):
    """A lake of a hundred days with an event each."""
    folder = tmp_path_factory.mktemp("long")
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    records = [{"eventID": f"on-{day}", "eventTime": f"{day}T10:00:00Z", "eventName": "GetRole"} for day in days]
    (folder / "log.json").write_text(json.dumps({"Records": records}))
    lake = create_lake(folder / "lake")
    ingest([folder / "log.json"], lake)
    return lake


@pytest.mark.parametrize(("ago", "most"), [(0, 2), (10, 16), (99, 101)])
def test_only_days_that_are_newer_are_opened(long_lake, ago, most):
    noting = Noting(long_lake)
    day = FIRST + timedelta(days=DAYS - 1 - ago)

    found = EventSearch(noting).record(f"on-{day}")

    assert f"on-{day}" == found["eventID"]
    assert len(noting.opened) <= most


def test_of_a_record_only_its_own_day_is_opened(long_lake):
    noting = Noting(long_lake)

    found = EventSearch(noting).standing({"eventID": "on-2026-07-05", "eventTime": "2026-07-05T10:00:00Z"})

    assert 1 == found.copies
    assert {"2026-07-05"} == set(noting.opened)
