"""Days of delivery are read from every kind of name, and a window leaves out only what names another day."""

from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.ports import Listed
from iamaudit.sources.by_day import by_day
from iamaudit.sources.folder import Folder
from iamaudit.sources.window import Window, Within, day_of


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01/x.json.gz", "2026-11-01"),
        ("2026/11/01/x.json.gz", "2026-11-01"),
        ("AWSLogs/111122223333/Config/eu-west-1/2026/9/7/ConfigHistory/x.json.gz", "2026-09-07"),
        ("access/2026-11-01-01-02-03-0123456789ABCDEF", "2026-11-01"),
        ("2026-11-01-01-02-03-0123456789ABCDEF", "2026-11-01"),
        ("cdn/EMLARXS9EXAMPLE.2026-11-01-07.a1b2c3d4.gz", "2026-11-01"),
        ("aws/CLOUD_TRAIL_MGMT/2.0/region=eu-west-1/accountId=1/eventDay=20261101/x.gz.parquet", "2026-11-01"),
        ("exports/2f1c/stream/000000.gz", ""),
        ("events-2026-11-01.json", ""),
    ],
)
def test_a_path_names_its_day_of_delivery(path, day):
    assert day == day_of(path)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("10/30", False), ("10/31", True), ("11/01", True), ("11/03", True), ("11/04", True), ("11/05", False)],
)
def test_a_window_is_read_with_a_day_of_slack(day, expected):
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, 12, tzinfo=UTC))

    assert expected is window.holds(f"2026/{day}/x.json.gz")


def test_the_slack_can_be_another():
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), slack=timedelta(days=3))

    assert window.holds("2026/10/29/x.json.gz")


def test_what_names_no_day_is_in_every_window():
    assert Window(datetime(2026, 11, 1, tzinfo=UTC)).holds("x.json.gz")


def test_a_folder_has_windows_too(tmp_path):
    for name in ("2026/11/01/a.json", "2025/01/01/b.json", "c.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    source = Within(Folder(tmp_path), Window(datetime(2026, 1, 1, tzinfo=UTC)))

    assert {"2026/11/01/a.json": b"{}", "c.json": b"{}"} == {e.path: source.open(e).read() for e in source.list()}


@pytest.mark.parametrize("run", [1, 2, 7, 8, 100])
def test_a_long_listing_is_sorted_in_pieces_as_in_one(run):
    paths = [f"{region}/2026/11/{day:02}/{name}" for region in "ab" for day in (3, 1, 2) for name in ("x\n", "ö")]
    entries = [Listed(path, "key " + path, len(path), "v") for path in paths]

    found = list(by_day(entries, run=run))

    assert sorted(entries, key=lambda entry: (day_of(entry.path), entry.path)) == found
