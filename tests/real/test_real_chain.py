"""The chain over real logs: 2,900 records of one day and 32 attacks, one record of every version, 659 odd samples."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.config import Settings
from iamaudit.formats.cloudtrail import decode
from iamaudit.formats.envelopes import records_of
from iamaudit.formats.gunzip import gunzip
from iamaudit.lake.lake import create_lake
from iamaudit.stages.audit import audit
from iamaudit.stages.ingest import ingest
from iamaudit.stages.usage import update_usage
from iamaudit.stages.workbench import engine_on
from tests.oracles.slow_decoder import JSON_COLUMNS, slow_row
from tests.oracles.slow_usage import slow_usage

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cloudtrail"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not beside the repository")
FILES = sorted(path for path in DATA.rglob("*") if path.is_file()) if DATA.is_dir() else []
DAY_AFTER = datetime(2023, 7, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def records():
    return [
        record
        for path in sorted((DATA / "invictus").rglob("*.gz"))
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return create_lake(tmp_path_factory.mktemp("real") / "lake")


@pytest.fixture(scope="module")
def result(lake):
    return ingest([DATA / "invictus"], lake)


@pytest.fixture(scope="module")
def engine(lake, result):
    update_usage(lake)
    with engine_on(lake, Settings(window_days=1), DAY_AFTER) as engine:
        yield engine


def test_the_corpus_is_there(records):
    assert 55 == len(list((DATA / "invictus").rglob("*.gz")))
    assert 2900 == len(records) == len({record["eventID"] for record in records})


def test_the_books_of_the_real_day_balance(result):
    assert {"seen": 55, "ingested": 55, "already_ingested": 0, "set_aside": 0, "unread": 0} == result.objects
    assert {"in": 2900, "kept": 2900, "ignored": {}, "set_aside": {}} == result.records.as_json()
    assert () == result.problems


def test_ingesting_the_real_day_again_is_a_no_op(lake, result):
    again = ingest([DATA / "invictus" / "AWSLogs"], lake)  # from a folder further down: the same objects

    assert (55, 0, ()) == (again.already_ingested, again.ingested, again.batches)


def test_the_roll_up_of_the_real_day_agrees_with_a_counter(engine, records):
    found = Counter()
    names = ("dt", "account_id", "principal", "action", "resource", "outcome", "evidence")
    for row in engine.table("usage").to_pylist():
        found[tuple(row[name] for name in names)] += row["count"]

    assert slow_usage(records) == found
    assert 3123 == found.total()  # a new database's default groups are among them, and secrets by both names


def test_the_use_of_long_lived_keys_is_counted_by_hand(engine, records):
    expected = Counter(
        record["userIdentity"]["accessKeyId"]
        for record in records
        if record["userIdentity"].get("accessKeyId", "").startswith("AKIA")
        and record["userIdentity"]["type"] in {"IAMUser", "Root"}
    )

    found = engine.query("from credential_use").to_pylist()

    assert expected == {row["access_key_id"]: row["count"] for row in found if row["kind"] == "access_key"}
    assert [2104, 43, 35] == sorted(expected.values(), reverse=True)


def test_the_two_console_sign_ins_are_found(engine):
    found = engine.query("select user_arn, with_mfa from credential_use where kind = 'password'").to_pylist()

    assert {"bert-jan": True, "stratus-red-team-nmfalu-gfjyeaypjt": False} == {
        row["user_arn"].rpartition("/")[2]: row["with_mfa"] for row in found
    }


def test_the_lake_speaks_for_the_one_region_of_the_real_day(engine, records):
    expected = Counter(
        ("us-east-1", "management:read" if record["readOnly"] else "management:write") for record in records
    )

    found = {(row["region"], row["category"]): row["count"] for row in engine.table("coverage").to_pylist()}

    assert expected == found == {("us-east-1", "management:read"): 2326, ("us-east-1", "management:write"): 574}


def test_without_state_no_principal_is_judged(engine):
    """Logs alone show what was used; what was granted nobody said."""
    assert [] == [finding for finding in audit(engine) if finding.check.startswith(("idle_", "unused_"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[-40:])
def test_the_decoder_agrees_with_its_slow_twin_on(path):
    data = path.read_bytes()
    expected = [slow_row(piece) for piece in records_of(gunzip(data))]

    found = decode(data)

    rows = [
        {
            name: json.loads(value) if name in JSON_COLUMNS and value is not None else value
            for name, value in row.items()
            if name not in {"source_key", "batch_id"}
        }
        for row in found.table.to_pylist()
    ]
    assert [row for row, _ in expected if row is not None] == rows
    assert [reason for _, reason in expected if reason is not None] == [piece.reason for piece in found.set_aside]


@pytest.mark.parametrize(
    ("name", "records_in", "set_aside"),
    [("record_versions", 21, {}), ("mixed_real.jsonl.gz", 659, {"unknown_event_version": 1})],
)
def test_every_odd_sample_is_kept_or_set_aside_with_a_reason(tmp_path, name, records_in, set_aside):
    found = ingest([DATA / name], create_lake(tmp_path / "lake"))

    assert (records_in, set_aside) == (found.records.records_in, found.records.set_aside)
    assert 0 == found.set_aside + found.unread
    assert len(set_aside) == len(found.problems)


def test_the_odd_samples_go_through_the_roll_up(tmp_path):
    lake = create_lake(tmp_path / "lake")
    ingest([DATA / "record_versions", DATA / "mixed_real.jsonl.gz"], lake)

    days = update_usage(lake)

    with engine_on(lake, Settings(), DAY_AFTER) as engine:
        assert 679 == engine.query("select count(*) as n from deliveries").to_pylist()[0]["n"]
    assert len({part.dt for part in lake.event_parts()}) == len(days) > 50
