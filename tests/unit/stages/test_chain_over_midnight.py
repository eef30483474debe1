"""usage: a day is made again when the day before tells of other sessions, and only then."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iamaudit.lake.check import check
from iamaudit.lake.lake import create_lake
from iamaudit.lake.manifest import UsageManifest, from_bytes, to_bytes
from iamaudit.stages.ingest import ingest
from iamaudit.stages.usage import update_usage

ACCOUNT = "111122223333"
ANN = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "accountId": ACCOUNT, "principalId": "AIDAANN"}
SESSION = {
    "type": "AssumedRole",
    "accountId": ACCOUNT,
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/work",
    "principalId": "AROAR:work",
    "accessKeyId": "ASIA1",
}


def event(number, time, name="GetRole", who=ANN, **more):
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-{time}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventID": f"e{number}",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"roleName": "r"},
        "userIdentity": who,
        **more,
    }


ASKED = event(
    1,
    "01T23:59:00",
    "AssumeRole",
    eventSource="sts.amazonaws.com",
    requestParameters={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
    responseElements={"credentials": {"accessKeyId": "ASIA1"}},
)
OTHER = event(2, "01T10:00:00")
CALLED = event(3, "02T00:30:00", who=SESSION)
LATER = event(4, "03T10:00:00")


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


def read(lake, tmp_path, *records):
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
    path.write_text(json.dumps(records))
    ingest([path], lake)


def roots(lake):
    rows = pa.concat_tables([pq.read_table(one) for one in lake.locations(lake.usage_parts("usage"))]).to_pylist()
    return {(row["dt"], row["assumed_by"]) for row in rows if row["principal"].endswith("role/r")}


def test_sessions_that_come_late_make_the_next_day_again_and_no_further(lake, tmp_path):
    read(lake, tmp_path, OTHER, CALLED, LATER)
    first = update_usage(lake)
    unknown = roots(lake)
    read(lake, tmp_path, ASKED)

    second = update_usage(lake)

    assert (["2026-11-01", "2026-11-02", "2026-11-03"], ["2026-11-01", "2026-11-02"]) == (first, second)
    assert ({("2026-11-02", None)}, {("2026-11-02", ANN["arn"])}) == (unknown, roots(lake))
    assert [] == update_usage(lake)


def test_a_day_between_two_that_are_made_again_is_not_passed_over(lake, tmp_path):
    read(lake, tmp_path, OTHER, CALLED, LATER)
    update_usage(lake)
    read(lake, tmp_path, ASKED, event(5, "03T11:00:00"))

    days = update_usage(lake)

    assert ["2026-11-01", "2026-11-02", "2026-11-03"] == days
    assert {("2026-11-02", ANN["arn"])} == roots(lake)


def test_a_day_before_without_new_sessions_leaves_the_next_as_it_is(lake, tmp_path):
    read(lake, tmp_path, ASKED, CALLED)
    update_usage(lake)
    read(lake, tmp_path, OTHER)

    days = update_usage(lake)

    assert ["2026-11-01"] == days
    assert {("2026-11-02", ANN["arn"])} == roots(lake)


def test_a_crash_between_the_two_days_is_made_good(lake, tmp_path):
    """The first day is committed, the second still stands on the sessions of before."""
    read(lake, tmp_path, OTHER, CALLED)
    update_usage(lake)
    key = "manifests/usage/dt=2026-11-02.json"
    before = lake.store.read(key)
    read(lake, tmp_path, ASKED)
    update_usage(lake)
    lake.store.write(key, before)

    days = update_usage(lake)

    assert ["2026-11-02"] == days
    assert {("2026-11-02", ANN["arn"])} == roots(lake)


def test_parts_of_an_earlier_version_are_made_anew_before_they_are_read(lake, tmp_path):
    """A roll-up of before, without the columns of now and with the name of another knowledge."""
    read(lake, tmp_path, ASKED, CALLED)
    update_usage(lake)
    key = "manifests/usage/dt=2026-11-02.json"
    made = from_bytes(lake.store.read(key), UsageManifest, key=key)
    old = pq.read_table(lake.locations(lake.usage_parts("usage"))[0]).drop_columns(
        ["actor", "actor_kind", "assumed_by"]
    )
    part = lake.write_part("usage", old, folder="usage/dt=2026-11-02", dt="2026-11-02")
    text = json.loads(to_bytes(UsageManifest("2026-11-02", made.inputs, "before", (part,))))
    del text["sessions_before"]
    lake.store.write(key, json.dumps(text).encode())

    days = update_usage(lake)

    assert ["2026-11-02"] == days
    assert {("2026-11-02", ANN["arn"])} == roots(lake)


def test_the_books_of_a_lake_with_sessions_are_in_order(lake, tmp_path):
    read(lake, tmp_path, ASKED, CALLED)
    update_usage(lake)

    assert () == tuple(check(lake).problems)
    assert {"2026-11-01"} == {part.dt for part in lake.usage_parts("sessions")}
