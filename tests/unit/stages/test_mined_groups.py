"""With `mine_groups` users who need the same move into a group, and no other plan touches their policies."""

from __future__ import annotations

import json
import re

import pytest

from iamaudit.recommend.choices import Choices
from iamaudit.stages.recommend import recommend
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document

CALLS = [call(day, "data", user=user) for day in first_and_last("2026-09-06", "2026-11-04") for user in ("ann", "bob")]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    out = tmp_path_factory.mktemp("night")
    wide = document("s3:*")
    lake = SmallCompany(CALLS, inline={("user", "ann"): wide, ("user", "bob"): wide, ("user", "eve"): wide})
    choices = Choices(formats=("json",), mine_groups=True, keep_unknown=False)
    with lake, lake.engine() as engine:
        return out, {one.principal: one for one in recommend(engine, out, choices=choices, workers=1)}


def test_the_group_has_a_bundle_that_is_proven_for_each_member(night):
    out, found = night

    entry = found[arn("group", "work-users")]

    assert out / ACCOUNT / "group" / "work-users" == entry.bundle
    assert [(arn("user", name), 0) for name in ("ann", "bob")] == [
        (one["principal"], one["denied"] + one["widened"]) for one in entry.certificate["holders"]
    ]
    plan = json.loads((entry.bundle / "plan.json").read_text())
    assert "create_group" == plan["changes"][0]["change"]
    assert "GetBucketPolicy" in (entry.bundle / "policy-1.json").read_text()


def test_who_moves_has_no_plan_of_its_own(night):
    _, found = night

    for name in ("ann", "bob"):
        assert (None, "moved") == (found[arn("user", name)].bundle, found[arn("user", name)].refused_kind)
    assert None is not found[arn("user", "eve")].bundle


def test_the_page_shows_what_is_made_and_whose_policies_go(night):
    _, found = night

    text = (found[arn("group", "work-users")].bundle / "diff.md").read_text()

    assert "- `policy-1.json` becomes the new inline policy `work`" in text
    assert [
        ("nothing today", "policy-1.json"),
        ("work of user/ann today", "taken away"),
        ("work of user/bob today", "taken away"),
    ] == re.findall(r"^--- (.*)\n\+\+\+ (.*)$", text, re.MULTILINE)


def test_the_evidence_says_who_needs_it(night):
    _, found = night

    text = (found[arn("group", "work-users")].bundle / "evidence.csv").read_text()

    assert ["by `ann`", "by `bob`"] == re.findall("by `...`", text)
