"""Configuration items of real accounts, in whichever spelling they were kept: every one is a row, nothing is lost."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.config import Settings
from iamaudit.formats.config_envelopes import is_config
from iamaudit.formats.config_items import config_rows
from iamaudit.lake.lake import create_lake
from iamaudit.stages.workbench import engine_on
from tests.properties.small_config import read_config

ITEMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "config_items.jsonl"

pytestmark = pytest.mark.skipif(not ITEMS.is_file(), reason="the folder of real data is not beside the repository")


def opened(value):
    """JSON text inside JSON text, however deep, as what it holds."""
    while isinstance(value, str) and value[:1] in {"{", "[", '"'}:
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value


@pytest.fixture(scope="module")
def items():
    return [json.loads(line) for line in ITEMS.read_text(encoding="utf-8").splitlines()]


def test_every_item_is_a_row(items):
    data = ITEMS.read_bytes()

    found = config_rows(data, source_key=ITEMS.name)

    assert items
    assert is_config(data.partition(b"\n")[0])
    assert (len(items), len(items), (), {}) == (found.records_in, found.rows.num_rows, found.broken, found.ignored)
    assert [item["resourceId"] for item in items] == found.rows["resource_id"].to_pylist()


def test_nothing_of_an_item_is_lost(items):
    rows = config_rows(ITEMS.read_bytes()).rows.to_pylist()

    for item, row in zip(items, rows, strict=True):
        assert opened(item["configuration"]) == json.loads(row["configuration"] or "null")
        held = {name: opened(value) for name, value in item["supplementaryConfiguration"].items() if value is not None}
        assert held == {
            name: value for name, value in json.loads(row["supplementary"] or "{}").items() if value is not None
        }
        assert item["tags"] == json.loads(row["tags"])
        extra = json.loads(row["extra"])
        assert item["_source"] == extra["_source"]
        assert item.get("version", item.get("configurationItemVersion")) == extra.get("configurationItemVersion")


def test_a_capture_time_with_a_zone_is_the_instant_that_the_state_id_tells(items):
    """In practice the state id is the capture time in milliseconds; AWS promises only that it grows."""
    rows = config_rows(ITEMS.read_bytes()).rows.to_pylist()
    zoned = [
        row
        for item, row in zip(items, rows, strict=True)
        if not isinstance(item["configurationItemCaptureTime"], dict) and len(row["state_id"] or "") == 13
    ]

    assert len(zoned) > 8
    assert [] == [
        row["resource_id"] for row in zoned if round(row["captured_at"].timestamp() * 1000) != int(row["state_id"])
    ]


def test_the_state_of_a_moment_leaves_out_what_was_deleted_and_what_came_later(tmp_path):
    lake = create_lake(tmp_path / "lake")
    read_config(lake, ITEMS.read_bytes())

    with engine_on(lake, Settings(), datetime(2018, 1, 1, tzinfo=UTC)) as engine:
        standing = {row["resource_id"]: row for row in engine.table("stg_config_items").to_pylist()}

    assert "custodian-test-data-21" not in standing
    assert "stream-encrypted" not in standing
    assert datetime(2017, 8, 13, 9, 44, 22, 927000, tzinfo=UTC) == standing["testing-99"]["captured_at"]
