"""The whole chain on the example organisation, judged by what its principals really needed, also a month later."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from iamaudit.config import Settings
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import create_lake
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.parse import parse
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.volatile import creations
from iamaudit.stages.collect import collect_from_files
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.ingest import ingest
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.recommend import recommend_one
from iamaudit.stages.usage import update_usage
from iamaudit.stages.workbench import engine_on
from iamaudit.world.write import write_world

pytestmark = pytest.mark.slow
END = date(2026, 6, 30)
MOMENT = datetime(END.year, END.month, END.day, tzinfo=UTC)
MISSING_DAY = "the day's logs are missing"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"), end=END, days=90, scale=0.3)


@pytest.fixture(scope="module")
def truth(world):
    return {one["principal"]: one for one in json.loads(world.truth.read_text(encoding="utf-8"))["principals"]}


@pytest.fixture(scope="module")
def lake(world, tmp_path_factory):
    made = create_lake(tmp_path_factory.mktemp("lake"))
    ingest([world.logs], made)
    collect_from_files(world.state, made, captured_at=MOMENT)
    update_usage(made)
    return made


@pytest.fixture(scope="module", params=[0, 3], ids=["gaps count", "gaps tolerated"])
def tolerated(request):
    return request.param


@pytest.fixture(scope="module")
def results(tolerated, lake, tmp_path_factory):
    """Each principal's evidence and what was made of it."""
    out = tmp_path_factory.mktemp("bundles")
    with engine_on(lake, Settings(tolerated_gap_days=tolerated), MOMENT) as engine:
        found = [one for one in gather(engine) if not isinstance(one, Unreadable)]
    actions = catalogue()
    return [(one, recommend_one(one, actions, out, Choices(wildcards=True))) for one in found]


def _broken(results, needs) -> Iterator[tuple[str, str, str]]:
    """Yield what a principal needs and today's policies may allow, but the written ones do not."""
    for evidence, result in results:
        if result.bundle is None:
            continue
        before = Decider(_policies(evidence, [one.policy for one in evidence.current]))
        after = Decider(_policies(evidence, _written(result)))
        for need in needs(evidence.arn):
            request = Request(evidence.arn, need["action"], need["resource"], context=need["conditions"], closed=False)
            old, new = before.decide_for_caller(request), after.decide_for_caller(request)
            was_possible = old.decision is Decision.ALLOWED or old.conditional_on
            is_as_sure = new.decision is Decision.ALLOWED or (
                old.decision is not Decision.ALLOWED and new.conditional_on
            )
            if was_possible and not is_as_sure:
                yield evidence.arn, need["action"], need["resource"]


def _policies(evidence, identity: list[Policy]) -> PolicySet:
    return PolicySet(identity=tuple(identity), boundary=None if evidence.boundary is None else (evidence.boundary,))


def _written(result: Recommendation) -> list[Policy]:
    return [
        parse(path.read_text(encoding="utf-8"), kind=PolicyKind.IDENTITY, name=path.stem)
        for path in sorted(Path(result.bundle).glob("policy-*.json"))
    ]


def test_nothing_that_was_needed_is_denied(results, truth):
    broken = list(_broken(results, lambda arn: truth[arn]["needed"]))

    assert [] == broken


def test_nothing_that_was_needed_and_not_logged_is_denied(results, truth, tolerated):
    """Who tolerates days without logs gives up what happened on them, and nothing else."""

    def unseen(arn):
        return [one for one in truth[arn]["needed_unseen"] if not (tolerated and one["reason"] == MISSING_DAY)]

    broken = list(_broken(results, unseen))

    assert [] == broken


def test_the_month_after_breaks_only_what_was_never_done_before(results, truth):
    """Dated and one-off names go on working; what is left is new: a deployment makes a function that it only updated."""
    needs = {evidence.arn: truth[evidence.arn]["needed_afterwards"] for evidence, _ in results}

    broken = list(_broken(results, needs.__getitem__))

    assert sum(map(len, needs.values())) > 100
    assert {"lambda:CreateFunction"} >= {action for _, action, _ in broken}
    assert len(broken) <= 1


def test_refused_is_only_what_the_logs_cannot_judge(results, tolerated):
    refused = {result.account_id: result.refused for _, result in results if result.refused}

    assert len(results) > 40
    assert (set() if tolerated else {"444455556666"}) == set(refused)
    assert all("--tolerate-gap-days 3" in why for why in refused.values())


def test_what_the_logs_can_tell_is_hardly_over_granted(results, truth):
    """Actions, and (action, resource) pairs among all resources that anybody needed, granted over needed.

    Left out is what the logs cannot tell (kept as unknown), and names of things that the call itself makes, unless they were
    needed: a pattern of dates for new snapshots opens no snapshot that exists.
    """
    resources = defaultdict(set)
    for one in truth.values():
        for need in (*one["needed"], *one["needed_unseen"]):
            resources[need["action"]].add(need["resource"])
    actions, pairs = Counter(), Counter()
    for evidence, result in results:
        if result.bundle is None:
            continue
        told = _told(result)
        whole = truth[evidence.arn]
        contexts = {
            (need["action"], need["resource"]): need["conditions"]
            for need in (*whole["needed"], *whole["needed_unseen"], *whole["needed_afterwards"])
        }
        needed = {action for action, _ in contexts}
        actions.update(granted=len(told), needed=len(told & needed))
        decider = Decider(_policies(evidence, _written(result)))
        for action in told:
            some = next((context for (named, _), context in contexts.items() if named == action), {})
            for resource in resources[action] - _to_be_made(action, resources[action]) | {
                r for a, r in contexts if a == action
            }:
                request = Request(evidence.arn, action, resource, context=some, closed=False)
                verdict = decider.decide_for_caller(request)
                is_granted = verdict.decision is Decision.ALLOWED or bool(verdict.conditional_on)
                pairs.update(granted=is_granted, needed=is_granted and (action, resource) in contexts)

    assert actions["needed"] > 80
    assert pairs["needed"] > 500
    assert actions["granted"] <= 1.05 * actions["needed"], actions
    assert pairs["granted"] <= 1.05 * pairs["needed"], pairs


def _to_be_made(action, resources) -> set[str]:
    nouns = [noun for _, noun in creations([action])]
    kinds = {one: re.split("[:/]", one.split(":", 5)[-1])[0].replace("-", "") for one in resources}
    return {one for one in resources if any(kinds[one] and noun.endswith(kinds[one]) for noun in nouns)}


def _told(result) -> set[str]:
    """Return the actions that are granted for their use alone."""
    with (result.bundle / "evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["action"] for row in rows if row["origin"] == "used"} - {
        row["action"] for row in rows if row["origin"] not in {"used", "used_not_granted"}
    }
