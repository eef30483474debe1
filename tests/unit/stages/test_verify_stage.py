"""verify: from a folder or a bucket to verdicts, rows of the lake, and findings."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.config import Settings
from iamaudit.errors import ConfigError, InputError
from iamaudit.lake.lake import create_lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.stages.verify import expectation, store, verify, verify_lately
from tests.unit.integrity.small_chain import ACCOUNT, PUBLIC_KEYS, REGION, TRAIL, at, small_chain
from tests.unit.stages.written_chain import write_chain

pa = pytest.importorskip("pyarrow")
NOW = at(6)


@pytest.fixture
def chain():
    return small_chain(hours=3)


@pytest.fixture
def logs(chain, tmp_path):
    return write_chain(chain.memory, tmp_path / "logs")


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


def rows(lake):
    from iamaudit.stages.verify import _rows

    return _rows(lake, "log_integrity", None)


def current(lake):
    from iamaudit.stages.workbench import engine_on

    with engine_on(lake, Settings(), NOW + timedelta(days=1)) as engine:
        return engine.query("select object, verdict from stg_log_integrity order by object, verdict").to_pylist()


def test_a_folder_with_side_cars_and_its_keys_is_verified(logs):
    result = verify(logs, captured_at=NOW)

    assert (3, 2) == (result.digests["valid"], result.logs["valid"])
    assert 0 == result.exit_code
    assert result.problem("logs") is None


def test_every_verdict_is_told_as_it_is_found(logs):
    told, steps = [], []

    verify(logs, captured_at=NOW, each=told.append, progress=lambda *step: steps.append(step))

    assert 5 == len(told)
    assert (5, 5, "log objects and digests") == steps[-1]


def test_something_missing_is_exit_code_one_and_a_problem_of_the_night(chain, logs):
    (logs / chain.logs[0]).unlink()

    result = verify(logs, captured_at=NOW)

    assert 1 == result.exit_code
    assert "1 missing" in result.problem("logs")
    assert [chain.logs[0]] == [verdict.object for verdict in result.bad]


def test_a_place_without_digests_is_exit_code_two(tmp_path):
    (tmp_path / "a.json").write_text("{}")

    result = verify(tmp_path, captured_at=NOW)

    assert 2 == result.exit_code
    assert not result.has_digests


def test_what_cannot_be_read_is_exit_code_two_and_a_problem_of_the_night(chain, logs):
    (logs / chain.logs[0]).unlink()
    (logs / chain.logs[0]).symlink_to(logs / "nowhere")

    result = verify(logs, captured_at=NOW)

    assert (1, 2) == (result.unread, result.exit_code)
    assert "1 could not be read" in result.problem("logs")


def test_without_keys_nothing_is_verified(logs, tmp_path):
    (logs / "public-keys.json").unlink()

    with pytest.raises(ConfigError, match="--public-keys"):
        verify(logs, captured_at=NOW)


def test_keys_may_lie_elsewhere(logs, tmp_path):
    (logs / "public-keys.json").rename(tmp_path / "keys")

    assert 0 == verify(logs, captured_at=NOW, public_keys=tmp_path / "keys").exit_code


@pytest.mark.parametrize(("place", "error"), [("nowhere", InputError), ("ftp://a/b", ConfigError)])
def test_a_place_that_is_none_is_told(tmp_path, place, error):
    with pytest.raises(error):
        verify(place if "://" in place else tmp_path / place, captured_at=NOW)


def test_a_valid_log_has_no_row_of_its_own(chain, logs, lake):
    verify(logs, captured_at=NOW, lake=lake)

    assert [(key, "valid") for key in sorted(chain.digests)] == [(row["object"], row["verdict"]) for row in rows(lake)]
    first = next(row for row in rows(lake) if row["object"] == chain.digests[0])
    assert (ACCOUNT, REGION, TRAIL, "digest") == tuple(first[n] for n in ("account_id", "region", "trail", "kind"))
    assert {chain.digests[0]: 1, chain.digests[1]: 1, chain.digests[2]: 0} == {
        r["object"]: r["logs"] for r in rows(lake)
    }
    assert (NOW, at(0), at(1)) == (first["captured_at"], first["window_start"], first["window_end"])


def test_a_gap_is_a_row_of_its_own_beside_the_digest_after_it(chain, tmp_path, lake):
    chain.digest(at(5), at(6))

    verify(write_chain(chain.memory, tmp_path / "gap"), captured_at=NOW, lake=lake)
    found = {(row["verdict"], row["window_start"], row["window_end"]) for row in rows(lake)}

    assert {("gap", at(3), at(5)), ("valid", at(5), at(6))} <= found


def test_an_injected_log_has_a_row_and_one_that_came_before_the_chain_has_none(chain, tmp_path, lake):
    injected = chain.log(at(0.5), name="INJECTED00000000")["s3Object"]
    chain.log(at(-9), name="BEFORE0000000000")

    verify(write_chain(chain.memory, tmp_path / "more"), captured_at=NOW, lake=lake)

    assert [injected] == [row["object"] for row in rows(lake) if row["kind"] == "log"]


def test_a_log_that_was_mended_is_said_to_be_valid(chain, logs, lake):
    whole = (logs / chain.logs[0]).read_bytes()
    (logs / chain.logs[0]).write_bytes(b"harm")
    verify(logs, captured_at=NOW, lake=lake)
    before = {(row["object"], row["verdict"]) for row in current(lake)}
    (logs / chain.logs[0]).write_bytes(whole)

    verify(logs, captured_at=NOW, lake=lake)

    assert (chain.logs[0], "invalid") in before
    assert {(key, "valid") for key in (*chain.digests, chain.logs[0])} == {
        (row["object"], row["verdict"]) for row in current(lake)
    }


def test_two_places_of_one_night_both_count(chain, logs, lake, tmp_path):
    other = small_chain(hours=1, account="999999999999")
    verify(logs, captured_at=NOW, lake=lake)

    verify(write_chain(other.memory, tmp_path / "other"), captured_at=NOW, lake=lake)

    assert sorted([*chain.digests, *other.digests]) == [row["object"] for row in current(lake)]


def test_the_night_verifies_all_at_first_and_then_the_last_days(tmp_path, lake):
    chain = small_chain(hours=60)
    logs = write_chain(chain.memory, tmp_path / "long")
    now = at(60)

    counts = [
        verify_lately(logs, lake, days=1, captured_at=moment).digests["valid"]
        for moment in (now, now, now + timedelta(hours=1))
    ]

    assert 60 == counts[0] == counts[1]
    assert 20 < counts[2] < 30


@pytest.mark.parametrize("place", ["sqs://eu-west-1/111122223333/q", "lookup://"])
def test_a_place_that_has_no_digests_is_no_matter_of_the_night(lake, place):
    assert verify_lately(place, lake, days=1, captured_at=NOW) is None


def trails(lake, captured_at, **changed):
    row = {
        "captured_at": captured_at,
        "account_id": ACCOUNT,
        "trail_arn": "arn",
        "name": TRAIL,
        "home_region": "us-east-1",
        "is_logging": True,
        "validates_files": True,
        **changed,
    }
    table = pa.Table.from_pylist([row], schema=STATE_SCHEMAS["trails"])
    write_state(lake, {"trails": table}, captured_at=captured_at, accounts={ACCOUNT: {}}, missing=())


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [({}, "gap"), ({"is_logging": False}, "valid"), ({"validates_files": False}, "valid"), ({"name": "x"}, "valid")],
)
def test_a_trail_that_logs_must_have_digests_until_it_was_seen_logging(chain, logs, lake, changed, verdict):
    trails(lake, at(9), **changed)

    result = verify(logs, captured_at=NOW, lake=lake)

    assert {"gap": int(verdict == "gap"), "valid": 3 - int(verdict == "gap")} == {
        word: result.digests[word] for word in ("gap", "valid")
    }


def test_what_was_last_seen_of_a_trail_holds(chain, lake):
    from iamaudit.integrity.names import digest_name

    trails(lake, at(9))
    trails(lake, at(10), is_logging=False)

    assert expectation(lake)(digest_name(chain.digests[0]).chain) is None


def test_findings_tell_of_what_is_stored(lake):
    from iamaudit.stages.audit import audit
    from iamaudit.stages.workbench import engine_on

    where = {"account_id": ACCOUNT, "region": REGION, "trail": TRAIL, "window_start": at(0), "window_end": at(1)}
    stored = [
        {**where, "object": f"o{n}", "kind": "log", "verdict": word, "reason": "why"}
        for n, word in enumerate(("valid", "invalid", "missing", "unverified", "gap"))
    ]
    store(lake, stored, captured_at=datetime(2026, 6, 2, tzinfo=UTC))

    with engine_on(lake, Settings(), datetime(2026, 6, 3, tzinfo=UTC)) as engine:
        found = audit(engine, only=frozenset({"log_tampered", "log_missing", "log_digest_gap"}))

    assert ["log_tampered", "log_missing", "log_digest_gap"] == [finding.check for finding in found]
    assert {f"{REGION} {TRAIL}"} == {finding.detail for finding in found}


def test_the_keys_file_is_what_aws_prints():
    assert ["PublicKeyList"] == list(json.loads(PUBLIC_KEYS))


def test_of_a_bucket_aws_is_asked_for_the_keys_of_the_digests_region(chain, monkeypatch):
    import base64

    from iamaudit.integrity.verify import list_objects
    from iamaudit.model.place import AwsAccess
    from iamaudit.sources.connect import Connection
    from iamaudit.stages.verify import open_keys

    asked = []

    class Pages:
        def paginate(self, **window):
            asked.append(window)
            [entry] = json.loads(PUBLIC_KEYS)["PublicKeyList"]
            return [{"PublicKeyList": [{**entry, "Value": base64.b64decode(entry["Value"])}]}]

    class Client:
        def get_paginator(self, name):
            asked.append(name)
            return Pages()

    def client(connection, service, region):
        asked.append((service, region))
        return Client()

    monkeypatch.setattr(Connection, "client", client)
    [entry] = json.loads(PUBLIC_KEYS)["PublicKeyList"]

    keys = open_keys("s3://logs", AwsAccess(), list_objects(chain.memory), None)
    found = keys.find(REGION, entry["Fingerprint"], start=at(0), end=at(1))

    assert (entry["Value"],) == found
    assert [("cloudtrail", REGION), "list_public_keys"] == asked[:2]
    assert asked[2]["StartTime"] <= at(0) < at(5) <= asked[2]["EndTime"]


def test_what_verify_keeps_is_no_capture_of_the_account(logs, lake):
    from iamaudit.lake.check import check
    from iamaudit.stages.status import lake_status

    trails(lake, at(1))
    verify(logs, captured_at=NOW, lake=lake)

    found = lake_status(lake, now=NOW)
    assert (1, "2026-06-01T01:00:00Z") == (found["state_captures"], found["last_capture"])
    assert () == tuple(check(lake).problems)
