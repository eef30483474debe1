"""The whole chain against the truth of a small made-up account."""

from __future__ import annotations

import json
import shutil

import pytest

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.stages.audit import audit
from iamaudit.stages.collect import collect_from_files
from iamaudit.stages.ingest import ingest
from iamaudit.stages.recommend import recommend
from iamaudit.stages.workbench import engine_on
from iamaudit.world import small_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return small_world(tmp_path_factory.mktemp("small-world"))


@pytest.fixture(scope="module")
def truth(world):
    return json.loads(world.truth.read_text())


@pytest.fixture(scope="module")
def lake(world, tmp_path_factory):
    lake = create_lake(tmp_path_factory.mktemp("small") / "lake")
    ingest([world.logs], lake)
    collect_from_files(world.state, lake, captured_at=world.window_end)
    return lake


@pytest.fixture(scope="module")
def engine(world, lake):
    days = (world.window_end - world.window_start).days
    settings = Settings(
        window_days=days,
        idle_password_days=days,
        idle_key_days=days,
        idle_user_days=days,
        idle_role_days=days,
    )
    with engine_on(lake, settings, world.window_end) as engine:
        yield engine


@pytest.fixture(scope="module")
def findings(engine):
    return audit(engine)


@pytest.fixture(scope="module")
def states(engine):
    return {(row["principal"], row["action"]): row["state"] for row in engine.table("grant_states").to_pylist()}


def found(findings, check):
    return {(finding.subject, finding.detail) for finding in findings if finding.check == check}


def test_every_event_of_the_world_is_in_the_lake_once(world, engine):
    assert world.events == engine.table("stg_events").num_rows


def test_the_idle_credentials_are_found_exactly(truth, findings):
    expected = {(entry["user"], entry["credential"]) for entry in truth["idle_credentials"]}

    assert expected == found(findings, "idle_password") | found(findings, "idle_access_key")
    assert len(expected) > 2


def test_the_idle_users_are_found_exactly(truth, findings):
    assert {(arn, "") for arn in truth["idle_users"]} == found(findings, "idle_user") != set()


def test_the_idle_roles_are_found_exactly(truth, findings):
    assert {(entry["arn"], "") for entry in truth["idle_roles"]} == found(findings, "idle_role") != set()


def test_the_old_keys_are_found_exactly(truth, findings):
    expected = {(entry["user"], f"access_key_{entry['slot']}") for entry in truth["old_keys"]}

    assert expected == found(findings, "access_key_age") != set()


def test_the_users_without_a_second_factor_are_found_exactly(truth, findings):
    assert {(arn, "") for arn in truth["users_without_mfa"]} == found(findings, "mfa_missing") != set()


def test_every_needed_permission_that_the_logs_show_is_used(truth, states):
    needed = {(who["principal"], need["action"]) for who in truth["principals"] for need in who["needed"]}

    assert set() == {key for key in needed if states.get(key) != "used"}
    assert len(needed) > 20


def test_no_needed_permission_is_ever_unused(truth, states):
    """Also of those whose use no trail logs: they are unknown."""
    needed = {
        (who["principal"], need["action"])
        for who in truth["principals"]
        for need in (*who["needed"], *who["needed_unseen"])
    }

    assert {"used", "unknown"} >= {states.get(key) for key in needed}


def test_what_was_only_tried_and_denied_is_not_used(truth, states):
    needed = {(who["principal"], need["action"]) for who in truth["principals"] for need in who["needed"]}
    denied = {(who["principal"], need["action"]) for who in truth["principals"] for need in who["denied"]} - needed

    assert set() == {key for key in denied if states.get(key) in {"used", "used_not_granted"}}


def test_a_window_longer_than_the_logs_calls_nothing_unused(world, lake):
    """Ten days of logs say nothing about ninety."""
    with engine_on(lake, Settings(), world.window_end) as engine:
        states = engine.query("select distinct state from grant_states").to_pylist()

    assert {"used", "unknown"} == {row["state"] for row in states}


def test_a_lost_day_is_told_and_makes_no_permission_unused(world, tmp_path):
    """Without the objects that hold one day's events nothing of the window can be called unused."""
    lake = create_lake(tmp_path / "lake")
    day = "2026/11/18"
    kept = [path for path in sorted(world.logs.rglob("*.json.gz")) if day not in path.as_posix()]
    next_day = [path for path in kept if "2026/11/19" in path.as_posix()]
    ingest([path for path in kept if path not in next_day], lake)
    collect_from_files(world.state, lake, captured_at=world.window_end)

    with engine_on(lake, Settings(window_days=10), world.window_end) as engine:
        states = {row["state"] for row in engine.query("select distinct state from grant_states").to_pylist()}
        gaps = found(audit(engine, only=frozenset({"log_gap"})), "log_gap")

    assert "unused" not in states
    assert {("arn:aws:iam::444455556666:root", "")} == gaps


def test_an_object_that_cannot_be_read_makes_no_permission_unused(world, tmp_path):
    """What half an object held may have been the use; fetched again and read whole, the answers are back."""
    lake = create_lake(tmp_path / "lake")
    logs = tmp_path / "logs"
    shutil.copytree(world.logs, logs)
    victim = max(
        path for path in logs.rglob("*.json.gz") if "/CloudTrail/" in (text := path.as_posix()) and "2026/11/18" in text
    )
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    collect_from_files(world.state, lake, captured_at=world.window_end)

    answers = []
    for data in (whole[: len(whole) // 2], whole):
        victim.write_bytes(data)
        ingest([logs], lake)
        with engine_on(lake, Settings(window_days=10), world.window_end) as engine:
            rows = engine.query("select distinct state from grant_states").to_pylist()
        answers.append({row["state"] for row in rows})

    assert "unused" not in answers[0]
    assert "unused" in answers[1]


def test_two_nights_on_the_same_data_write_the_same_bytes(world, lake, engine, tmp_path):
    first = recommend(engine, tmp_path / "first")
    with engine_on(lake, Settings(window_days=10), world.window_end) as again:
        second = recommend(again, tmp_path / "second")

    written = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "first", tmp_path / "second")
    ]
    assert [one.refused for one in first] == [one.refused for one in second]
    assert written[0] == written[1]
    assert any(path.name == "plan.json" for path in written[0])
