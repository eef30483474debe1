"""A capture: every kind present, equal rows once, counts per account, contradictions told."""

from datetime import datetime

import pytest

from iamaudit.collect.capture import CaptureBuilder, Missing, capture_of
from iamaudit.errors import ConfigError
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.model.tables import STATE


def test_every_kind_of_state_is_there_even_when_nothing_was_read(aws):
    capture = capture_of({}, captured_at=aws.at)

    # the lake keeps other things as state, too, which nobody collects
    assert {kind: STATE_SCHEMAS[kind] for kind in STATE} == {
        kind: table.schema for kind, table in capture.tables.items()
    }
    assert {} == capture.accounts


def test_a_capture_time_without_a_zone_is_refused():
    with pytest.raises(ConfigError, match="add `Z` for UTC"):
        capture_of({}, captured_at=datetime(2026, 11, 1))  # noqa: DTZ001 -- the naive time is what is tested


def test_only_credentials_that_exist_are_counted(aws):
    builder = CaptureBuilder()
    for kind, exists in (("password", True), ("access_key_1", False), ("access_key_2", None)):
        builder.add("credentials", account_id=aws.account, user_arn="arn", kind=kind, exists=exists)

    capture = builder.build(aws.at)

    assert 1 == capture.accounts[aws.account]["credentials"]


def test_an_account_that_only_the_organization_names_is_not_counted_as_read(aws):
    builder = CaptureBuilder()
    builder.add("accounts", account_id=aws.account, organization_id="o-1")

    capture = builder.build(aws.at)

    assert {} == capture.accounts


def test_two_different_rows_of_one_key_are_a_gap_and_the_first_is_kept(aws):
    builder = CaptureBuilder()
    builder.add("settings", account_id=aws.account, name="password_policy", value="null")
    builder.add("settings", account_id=aws.account, name="password_policy", value="{}")

    capture = builder.build(aws.at)

    assert ["null"] == capture.tables["settings"]["value"].to_pylist()
    assert ["settings: `111122223333`, `password_policy`"] == [entry.what for entry in capture.missing]


def test_the_json_of_a_capture_has_times_in_utc_with_z(aws):
    capture = capture_of({}, captured_at=aws.at, missing=(Missing("x", "y"),))

    body = capture.as_json()

    assert {
        "captured_at": "2026-11-01T00:00:00Z",
        "accounts": {},
        "missing": [{"what": "x", "why": "y"}],
    } == body
