"""The plan out of a lake: findings, inventory, guards and what nobody knows come together."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.collect.capture import capture_of
from iamaudit.config import Settings
from iamaudit.errors import ConfigError
from iamaudit.lake.lake import create_lake
from iamaudit.recommend.choices import Choices
from iamaudit.stages.collect import store
from iamaudit.stages.retire import retire_plan, write_retire_plan
from iamaudit.stages.workbench import engine_on

ACCOUNT = "111122223333"
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
KEY = "AKIAEXAMPLEEXAMPLE01"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def principal(kind: str, name: str, **more: object) -> dict[str, object]:
    return {
        "account_id": ACCOUNT,
        "arn": arn(kind, name),
        "kind": kind,
        "name": name,
        "path": "/",
        "created_at": LONG_AGO,
        "last_used_known": kind == "role",
        "tags": "{}",
        "is_service_linked": False,
        **more,
    }


def credential(user: str, kind: str, **more: object) -> dict[str, object]:
    return {
        "account_id": ACCOUNT,
        "user_arn": arn("user", user),
        "user_name": user,
        "user_created_at": LONG_AGO,
        "kind": kind,
        "exists": True,
        "is_active": True,
        "last_rotated_at": LONG_AGO,
        "last_used_known": True,
        **more,
    }


ROWS = {
    "principals": [
        principal("role", "old", trust_policy=ALLOW),
        principal("role", "kept", tags='{"iamaudit:protect":"yes"}'),
        principal("role", "untold", last_used_known=False),
        principal("role", "busy", last_used_at=datetime(2026, 10, 30, tzinfo=UTC)),
        principal(
            "role",
            "denied",
            tags='{"iamaudit:retire-on":"2026-10-20"}',
            last_used_at=datetime(2026, 10, 19, tzinfo=UTC),
        ),
        principal(
            "role",
            "missed",
            tags='{"iamaudit:retire-on":"2026-10-20"}',
            last_used_at=datetime(2026, 10, 25, tzinfo=UTC),
        ),
        principal("user", "eve"),
        principal("group", "devs"),
    ],
    "policies": [
        {
            "account_id": ACCOUNT,
            "policy_id": f"{arn('role', 'old')}#work",
            "name": "work",
            "kind": "inline",
            "document": ALLOW,
        }
    ],
    "attachments": [
        {"account_id": ACCOUNT, "holder_arn": arn("role", "old"), "policy_id": f"{arn('role', 'old')}#work"},
        {"account_id": ACCOUNT, "holder_arn": arn("role", "old"), "policy_id": "arn:aws:iam::aws:policy/View"},
        {"account_id": ACCOUNT, "holder_arn": arn("role", "denied"), "policy_id": "arn:aws:iam::aws:policy/AWSDenyAll"},
        {"account_id": ACCOUNT, "holder_arn": arn("role", "missed"), "policy_id": "arn:aws:iam::aws:policy/AWSDenyAll"},
    ],
    "memberships": [{"account_id": ACCOUNT, "user_arn": arn("user", "eve"), "group_arn": arn("group", "devs")}],
    "instance_profiles": [
        {
            "account_id": ACCOUNT,
            "arn": arn("instance-profile", "p"),
            "name": "p",
            "path": "/",
            "role_arns": [arn("role", "old")],
        }
    ],
    "credentials": [
        credential("eve", "access_key_1", access_key_id=KEY),
        credential("eve", "access_key_2", exists=False, is_active=None),
        credential("eve", "password", last_used_at=datetime(2026, 10, 30, tzinfo=UTC)),
    ],
}


def plan_on(path: Path, choices: Choices | None = None, **settings: int):
    lake = create_lake(path / "lake")
    store(capture_of(ROWS, captured_at=AS_OF), lake)
    with engine_on(lake, Settings(**settings), AS_OF) as engine:
        return retire_plan(engine, choices or Choices())


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_on(tmp_path_factory.mktemp("retire"))


def test_the_idle_role_and_the_idle_key_are_retired(plan):
    assert [(arn("role", "old"), ""), (arn("user", "eve"), "access_key_1")] == [
        (entry.idle.arn, entry.idle.detail) for entry in plan.retirements if entry.idle.finding_id
    ]


def test_what_an_earlier_plan_disabled_goes_on_or_was_missed(plan):
    [denied] = [entry for entry in plan.retirements if not entry.idle.finding_id]
    [missed] = [entry for entry in plan.left_out if entry.arn == arn("role", "missed")]

    assert (arn("role", "denied"), "2026-11-19") == (denied.idle.arn, str(denied.steps[-1].due))
    assert "tried on 2026-10-25" in missed.why


def test_what_the_role_has_goes_with_it(plan):
    [role] = [entry for entry in plan.retirements if entry.idle.arn == arn("role", "old")]

    assert ({"work": ALLOW}, ("arn:aws:iam::aws:policy/View",), ("p",)) == (
        role.holding.inline,
        role.holding.attached,
        role.holding.profiles,
    )
    assert ALLOW == role.holding.again["trust_policy"]


def test_the_key_is_named_by_its_id(plan):
    [key] = [entry for entry in plan.retirements if entry.idle.check == "idle_access_key"]

    assert [KEY, KEY] == [change.policy for step in key.steps for change in step.changes]


def test_protected_and_unknown_are_left_out_with_their_reasons(plan):
    found = {entry.arn: entry.why for entry in plan.left_out}

    assert {arn("role", "kept"), arn("role", "untold"), arn("role", "missed")} == set(found)
    assert "has the tag `iamaudit:protect`" in found[arn("role", "kept")]
    assert found[arn("role", "untold")].startswith("unknown: AWS did not tell")


def test_the_settings_say_the_days(tmp_path):
    plan = plan_on(tmp_path, retire_notice_days=1, retire_delete_days=2)

    assert ["2026-11-01", "2026-11-02", "2026-11-03"] == [str(step.due) for step in plan.retirements[-1].steps]


def test_nothing_is_deleted_before_it_is_disabled():
    with pytest.raises(ConfigError, match="give 14"):
        Settings(retire_delete_days=13)


def test_both_files_are_written_the_same_each_time(plan, tmp_path):
    first = [path.read_bytes() for path in write_retire_plan(plan, tmp_path)]

    again = [path.read_bytes() for path in write_retire_plan(plan, tmp_path)]

    assert first == again
    assert {"retire.json", "retire.md"} == {path.name for path in tmp_path.iterdir()}
    assert len(plan.retirements) == len(json.loads(first[0])["retirements"])
