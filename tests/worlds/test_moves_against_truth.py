"""Who does the same work by a policy of its own moves into a group, and goes on doing all that it really needed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.model.policy import PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.stages.collect import collect_from_files
from iamaudit.stages.ingest import ingest
from iamaudit.stages.recommend import recommend
from iamaudit.stages.usage import update_usage
from iamaudit.stages.workbench import engine_on
from iamaudit.world.accounts import DATA_PROD, TOOLS
from iamaudit.world.write import write_world

pytestmark = pytest.mark.slow
END = date(2026, 6, 30)
MOMENT = datetime(END.year, END.month, END.day, tzinfo=UTC)
NEW, JOINED = f"arn:aws:iam::{DATA_PROD}:group/watch-users", f"arn:aws:iam::{TOOLS}:group/image-readers"
MOVES = {
    f"arn:aws:iam::{DATA_PROD}:user/olga": NEW,
    f"arn:aws:iam::{DATA_PROD}:user/peggy": NEW,
    f"arn:aws:iam::{TOOLS}:user/wim": JOINED,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"), end=END, days=30, scale=0.3)


@pytest.fixture(scope="module")
def results(world, tmp_path_factory):
    """What was made of those who move and of the groups, by ARN."""
    lake = create_lake(tmp_path_factory.mktemp("lake"))
    ingest([world.logs], lake)
    collect_from_files(world.state, lake, captured_at=MOMENT)
    update_usage(lake)
    only = frozenset({*MOVES, JOINED})
    with engine_on(lake, Settings(window_days=30), MOMENT) as engine:
        found = recommend(engine, tmp_path_factory.mktemp("bundles"), choices=Choices(mine_groups=True), only=only)
    return {one.principal: one for one in found}


def steps(result):
    changes = json.loads((result.bundle / "plan.json").read_text(encoding="utf-8"))["changes"]
    return {(one["change"], one["holder"], one["policy"]) for one in changes}


def test_those_who_do_the_same_move_and_nobody_else(results):
    moved = {arn for arn, one in results.items() if one.refused_kind == "moved"}

    assert set(MOVES) == moved
    assert {NEW, JOINED} == {arn for arn, one in results.items() if one.shared == "group" and one.bundle is not None}


@pytest.mark.parametrize("user", list(MOVES), ids=lambda arn: arn.rpartition("/")[2])
def test_the_plan_puts_the_user_into_the_group_and_takes_its_own_policy(results, user):
    group = MOVES[user]

    found = steps(results[group])

    assert ("add_user_to_group", user, group.rpartition("/")[2]) in found
    assert any(change == "delete_inline_policy" and holder == user for change, holder, _ in found)


@pytest.mark.parametrize("user", list(MOVES), ids=lambda arn: arn.rpartition("/")[2])
def test_what_the_user_really_needed_the_group_alone_allows(results, world, user):
    truth = {one["principal"]: one for one in json.loads(world.truth.read_text(encoding="utf-8"))["principals"]}[user]
    files = sorted(results[MOVES[user]].bundle.glob("policy-*.json"))
    written = [parse(path.read_text(encoding="utf-8"), kind=PolicyKind.IDENTITY) for path in files]
    after = Decider(PolicySet(identity=tuple(written)))

    refused = [
        need
        for need in (*truth["needed"], *truth["needed_unseen"])
        if after.decide_for_caller(
            Request(user, need["action"], need["resource"], context=need["conditions"], closed=False)
        ).decision
        is not Decision.ALLOWED
    ]

    assert truth["needed"]
    assert [] == refused
