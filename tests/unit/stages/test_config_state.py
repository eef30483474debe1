"""What AWS Config recorded becomes the state of IAM, as of any moment, and never hides what a call has told."""

import json
from datetime import UTC, datetime

import pytest

from iamaudit.collect.capture import capture_of
from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.stages.collect import store
from iamaudit.stages.config_state import state_from_config
from iamaudit.stages.workbench import engine_on
from tests.properties.small_config import (
    ACCOUNT,
    attached,
    history,
    item,
    policy,
    policy_arn,
    read_config,
    role,
    snapshot,
    user,
)

ALICE, BOB = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("alice", "bob"))
APP = f"arn:aws:iam::{ACCOUNT}:role/app"


def at(day, hour=0):
    return f"2026-10-{day:02}T{hour:02}:00:00.000Z"


def moment(day, hour=0):
    return datetime(2026, 10, day, hour, tzinfo=UTC)


WORLD = (
    snapshot(
        user("alice", at=at(1), attachedManagedPolicies=attached("reports")),
        user("bob", at=at(1)),
        role("app", at=at(1), resource_id="AROA1", attachedManagedPolicies=attached("reports")),
        policy("reports", "s3:GetObject", at=at(1)),
    ),
    history(
        role("app", at=at(3), resource_id="AROA1", gone=True),
        role("app", at=at(3, 1), resource_id="AROA2"),
    ),
    history(policy("reports", "s3:PutObject", at=at(3, 2), version="v2")),
    history(user("bob", at=at(5), gone=True)),
)


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


def state(lake, day):
    """Return the principals by ARN, the policy's version and action, and who holds it."""
    with engine_on(lake, Settings(), moment(day)) as engine:
        principals = {row["arn"]: row["principal_id"] for row in engine.table("stg_principals").to_pylist()}
        policies = {
            row["policy_id"]: (row["version_id"], json.loads(row["document"])["Statement"][0]["Action"])
            for row in engine.table("stg_policies").to_pylist()
        }
        holders = {row["holder_arn"] for row in engine.table("stg_attachments").to_pylist()}
    return principals.keys(), policies, holders


def what(result):
    return [entry["what"] for entry in result.missing]


@pytest.mark.parametrize(
    ("day", "captured_at", "expected"),
    [
        (2, "2026-10-01", ({ALICE, BOB, APP}, {policy_arn("reports"): ("v1", "s3:GetObject")}, {ALICE, APP})),
        (4, "2026-10-03", ({ALICE, BOB, APP}, {policy_arn("reports"): ("v2", "s3:PutObject")}, {ALICE})),
        (6, "2026-10-05", ({ALICE, APP}, {policy_arn("reports"): ("v2", "s3:PutObject")}, {ALICE})),
    ],
)
def test_the_state_of_a_moment_is_what_was_recorded_up_to_it(lake, day, captured_at, expected):
    read_config(lake, *WORLD)

    result = state_from_config(lake, Settings(), moment(day))

    assert expected == state(lake, day)
    assert captured_at == result.captured_at[:10]


def test_one_lake_goes_from_moment_to_moment(lake):
    read_config(lake, *WORLD)

    written = [state_from_config(lake, Settings(), moment(day)) for day in (2, 2, 4, 4, 6, 6, 2)]

    assert [True, False, True, False, True, False, False] == [result is not None for result in written]
    assert {ALICE, APP} == state(lake, 6)[0]
    assert 3 == len(list(lake.state_manifests()))


def test_a_lake_without_config_has_nothing_to_tell(lake):
    read_config(lake, history({**item("Bucket", "b", "b", {}, at=at(1)), "resourceType": "AWS::S3::Bucket"}))

    result = state_from_config(lake, Settings(), moment(9))

    assert result is None
    assert [] == list(lake.state_manifests())


def collected(lake, day, *names):
    """Put a capture that a call made into the lake."""
    rows = [
        {"account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "kind": "user", "name": name}
        for name in names
    ]
    store(capture_of({"principals": rows}, captured_at=moment(day)), lake)


def test_a_newer_capture_by_call_wins(lake):
    read_config(lake, *WORLD)
    collected(lake, 5, "carol")

    result = state_from_config(lake, Settings(), moment(9))

    assert result is None
    assert {f"arn:aws:iam::{ACCOUNT}:user/carol"} == state(lake, 9)[0]


def test_an_older_capture_by_call_gives_way_to_a_snapshot_and_its_changes(lake):
    read_config(lake, *WORLD)
    collected(lake, 4, "carol")

    result = state_from_config(lake, Settings(), moment(9))

    assert {ACCOUNT: {"users": 1, "groups": 0, "roles": 1, "policies": 1, "credentials": 0}} == result.accounts
    assert {ALICE, APP} == state(lake, 9)[0]


def test_changes_without_a_snapshot_do_not_hide_a_whole_capture(lake):
    read_config(lake, *WORLD[1:])
    collected(lake, 2, "carol")

    result = state_from_config(lake, Settings(), moment(9))

    assert {} == result.accounts
    assert [f"{ACCOUNT}: changes recorded by AWS Config up to 2026-10-05T00:00:00Z"] == what(result)
    assert {f"arn:aws:iam::{ACCOUNT}:user/carol"} == state(lake, 9)[0]


def test_changes_alone_are_better_than_nothing_and_say_what_they_are(lake):
    read_config(lake, *WORLD[1:])

    result = state_from_config(lake, Settings(), moment(9))

    assert {APP} == state(lake, 9)[0]
    assert f"{ACCOUNT}: Config snapshot" in what(result)


def test_what_config_cannot_tell_is_said(lake):
    aws = [{"policyName": "ReadOnlyAccess", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    read_config(lake, snapshot(role("app", at=at(1), attachedManagedPolicies=aws)))

    result = state_from_config(lake, Settings(), moment(9))

    assert {
        f"{ACCOUNT}: state of IAM by AWS Config",
        f"{ACCOUNT}: organization",
        f"{ACCOUNT}: credential report",
        f"{ACCOUNT}: AWS-managed policy `arn:aws:iam::aws:policy/ReadOnlyAccess`",
        f"{ACCOUNT}: AWS::IAM::User, AWS::IAM::Group, AWS::IAM::Policy",
    } <= set(what(result))
    assert f"{ACCOUNT}: Config snapshot" not in what(result)


def test_what_config_stopped_recording_is_unknown_and_one_odd_item_spoils_no_other(lake):
    left = {**user("alice", at=at(1)), "configurationItemStatus": "ResourceNotRecorded", "configuration": None}
    odd = {**role("odd", at=at(1)), "configuration": "not JSON"}
    read_config(lake, snapshot(left, odd, role("app", at=at(1))))

    result = state_from_config(lake, Settings(), moment(9))

    assert {APP} == state(lake, 9)[0]
    assert f"{ACCOUNT}: AWS::IAM::User `AIDAalice`" in what(result)
    assert any("AROAodd" in entry["why"] for entry in result.missing)


def test_an_item_that_comes_late_changes_what_was_captured_of_the_same_moment(lake):
    newest = snapshot(user("alice", at=at(5)), policy("reports", "s3:GetObject", at=at(1)))
    read_config(lake, newest)
    state_from_config(lake, Settings(), moment(9))
    gone = item("Policy", "reports", "ANPAreports", None, at=at(3))
    read_config(lake, history(gone), history(user("bob", at=at(2))))

    result = state_from_config(lake, Settings(), moment(9))

    assert ({ALICE, BOB}, {}, set()) == state(lake, 9)
    assert "2026-10-05T00:00:00Z" == result.captured_at
    assert state_from_config(lake, Settings(), moment(9)) is None


def test_a_resource_made_anew_has_the_newest_state_even_if_its_deletion_was_lost(lake):
    read_config(
        lake,
        snapshot(
            role("app", at=at(3), resource_id="AROA0", path="/"),
            role("app", at=at(1), resource_id="AROA9", attachedManagedPolicies=attached("reports")),
        ),
    )

    state_from_config(lake, Settings(), moment(9))

    assert ({APP}, {}, set()) == state(lake, 9)


def test_accounts_have_captures_of_their_own(lake):
    other = "444455556666"
    elsewhere = json.loads(json.dumps(user("zoe", at=at(2))).replace(ACCOUNT, other))
    read_config(lake, *WORLD, snapshot(elsewhere))

    result = state_from_config(lake, Settings(), moment(9))

    assert [ACCOUNT, other] == sorted(result.accounts)
    assert ["2026-10-02T00:00:00Z", "2026-10-05T00:00:00Z"] == [entry.captured_at for entry in lake.state_manifests()]
    assert {ALICE, APP, f"arn:aws:iam::{other}:user/zoe"} == state(lake, 9)[0]


def test_an_account_of_which_everybody_is_gone_is_told_and_not_written(lake):
    read_config(lake, history(user("bob", at=at(5), gone=True)))

    result = state_from_config(lake, Settings(), moment(9))

    assert {} == result.accounts
    assert [f"{ACCOUNT}: state of IAM by AWS Config"] == what(result)
    assert [] == list(lake.state_manifests())
