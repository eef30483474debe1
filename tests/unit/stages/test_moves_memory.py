"""With `mine_groups` a second night finds the same moves, and recalls the proof and the bundle of each group."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamaudit.recommend.choices import Choices
from iamaudit.stages import joint, mining
from iamaudit.stages import recommend as stage
from iamaudit.stages.memory import Memory
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document

LOGGED = first_and_last("2026-09-06", "2026-11-04")
CALLS = [
    *(call(day, "data", user=user) for day in LOGGED for user in ("ann", "bob")),
    *(call(day, "logs", user=user, event="GetBucketVersioning") for day in LOGGED for user in ("cyd", "eve")),
]
CHOICES = Choices(formats=("json",), mine_groups=True, keep_unknown=False)
DEVS, MADE = arn("group", "devs"), arn("group", "work-users")


@pytest.fixture(scope="module")
def made_once():
    """A lake where ann joins devs, in which bob is, and cyd and eve have a group made for them."""
    wide = document("s3:*")
    inline = {("group", "devs"): wide, ("user", "ann"): wide, ("user", "cyd"): wide, ("user", "eve"): wide}
    with SmallCompany(CALLS, inline=inline, members={"devs": ["bob"]}) as lake:
        yield lake


@pytest.fixture
def lake(made_once):
    with made_once.copy() as lake:
        yield lake


def night(lake, out):
    with lake.engine() as engine:
        memory = Memory(lake.lake, engine, CHOICES)
        return stage.recommend(engine, out, choices=CHOICES, workers=1, memory=memory)


def bytes_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_night_proves_no_group_again_and_changes_no_byte(lake, tmp_path, monkeypatch):
    first = night(lake, tmp_path)
    before, lake_before = bytes_below(tmp_path), lake.contents()

    def refuse(*_args, **_more):
        raise AssertionError("a group was proven again")

    monkeypatch.setattr(mining, "certified_for_each", refuse)
    monkeypatch.setattr(joint, "with_joining", refuse)

    second = night(lake, tmp_path)

    assert {DEVS, MADE} <= {one.principal for one in first if one.bundle is not None}
    assert [replace(one, is_unchanged=True) for one in first] == second
    assert before == bytes_below(tmp_path)
    assert lake_before == lake.contents()


@pytest.mark.slow
def test_a_new_use_of_who_joins_makes_that_group_be_worked_out_again(lake, tmp_path):
    night(lake, tmp_path)
    lake.ingest([[call("2026-09-08", "data", user="ann", event="GetBucketPolicyStatus")]], into="more")

    second = {one.principal: one for one in night(lake, tmp_path)}

    assert not second[DEVS].is_unchanged
    assert second[MADE].is_unchanged
