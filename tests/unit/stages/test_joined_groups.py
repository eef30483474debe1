"""With `mine_groups` a user whose own policies a group that exists can stand for moves into it, by the group's bundle."""

from __future__ import annotations

import json

import pytest

from iamaudit.recommend.choices import Choices
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document, plan_of, recommended

LOGGED = first_and_last("2026-09-06", "2026-11-04")
CALLS = [
    *(call(day, "data", user=user) for day in LOGGED for user in ("ann", "bob", "joe")),
    *(call(day, "logs", user="ann", event="GetBucketVersioning") for day in LOGGED),
    *(call(day, "else", user="eve", event="GetBucketAcl") for day in LOGGED),
]
CHOICES = Choices(formats=("json", "terraform", "cli"), mine_groups=True, keep_unknown=False)
DEVS, OPS = arn("group", "devs"), arn("group", "ops")


def company():
    """Bob is in `devs`, which grants too much; ann, who is in `ops`, has of her own what devs comes down to."""
    wide = document("s3:*")
    return SmallCompany(
        CALLS,
        inline={
            ("group", "devs"): wide,
            ("group", "ops"): document("s3:GetBucketVersioning", "s3:PutBucketPolicy"),
            ("user", "ann"): wide,
            ("user", "eve"): wide,
        },
        members={"devs": ["bob"], "ops": ["ann"]},
    )


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    out = tmp_path_factory.mktemp("night")
    return out, recommended(company(), out, CHOICES)


def steps(entry):
    return [(one["change"], one["holder"].rpartition("/")[2]) for one in plan_of(entry)["changes"]]


def test_the_group_shrinks_then_the_user_joins_and_gives_up_its_own_policy(night):
    _, found = night

    assert [
        ("put_inline_policy", "devs"),
        ("add_user_to_group", "ann"),
        ("delete_inline_policy", "ann"),
    ] == steps(found[DEVS])


def test_who_joins_is_proven_like_a_member(night):
    _, found = night

    proof = found[DEVS].certificate

    assert [(arn("user", "bob"), 0, 0), (arn("user", "ann"), 0, 0)] == [
        (one["principal"], one["denied"], one["widened"]) for one in proof["holders"]
    ]
    assert proof["replayed"] == proof["allowed"] == sum(one["replayed"] for one in proof["holders"])
    assert {2} <= {one["replayed"] for one in proof["holders"]}  # what ann has through ops is asked, too


def test_who_joins_has_no_plan_of_its_own_and_its_other_group_keeps_what_it_used(night):
    _, found = night

    assert (None, "moved") == (found[arn("user", "ann")].bundle, found[arn("user", "ann")].refused_kind)
    assert "s3:GetBucketVersioning" in (found[OPS].bundle / "policy-1.json").read_text()


@pytest.mark.slow
def test_the_rollback_brings_the_users_own_policy_back(night):
    _, found = night

    told = json.loads((found[DEVS].bundle / "rollback.json").read_text())

    assert {DEVS, arn("user", "ann")} == {one["holder_arn"] for one in told["attachments"]}
    assert document("s3:*") == told["documents"][f"{arn('user', 'ann')}#work"]


@pytest.mark.slow
def test_who_needs_something_else_stays(night):
    _, found = night

    assert found[arn("user", "eve")].bundle is not None


@pytest.mark.slow
def test_without_the_choice_nobody_moves(tmp_path):
    found = recommended(company(), tmp_path, Choices(formats=("json",), keep_unknown=False))

    assert ["put_inline_policy"] == [one for one, _ in steps(found[DEVS])]
    assert found[arn("user", "ann")].bundle is not None


@pytest.mark.slow
def test_a_group_with_nothing_to_take_away_is_joined_as_it_is(tmp_path):
    exact = document("s3:GetBucketPolicy", resource="arn:aws:s3:::data")
    calls = [one for one in CALLS if one["userIdentity"]["userName"] != "ann" or one["eventName"] == "GetBucketPolicy"]
    lake = SmallCompany(
        calls,
        inline={("group", "devs"): exact, ("user", "ann"): document("s3:*")},
        members={"devs": ["bob", "joe"]},
    )

    found = recommended(lake, tmp_path, CHOICES)

    assert [("add_user_to_group", "ann"), ("delete_inline_policy", "ann")] == steps(found[DEVS])
    assert "its policies stay as they are" in (found[DEVS].bundle / "diff.md").read_text()


@pytest.mark.slow
def test_asked_for_a_user_alone_its_group_has_the_bundle(tmp_path):
    found = recommended(company(), tmp_path, CHOICES, only=frozenset({arn("user", "ann")}))

    assert {arn("user", "ann"), DEVS} == set(found)
    assert ("add_user_to_group", "ann") in steps(found[DEVS])


@pytest.mark.slow
def test_a_bundle_of_an_earlier_night_of_who_moves_is_taken_away(tmp_path):
    earlier = recommended(company(), tmp_path, Choices(formats=("json",), keep_unknown=False))
    assert (tmp_path / ACCOUNT / "user" / "ann" / "plan.json").is_file()

    recommended(company(), tmp_path, CHOICES)

    assert not (tmp_path / ACCOUNT / "user" / "ann").exists()
    assert earlier[arn("user", "eve")].bundle.is_dir()


@pytest.mark.slow
def test_the_evidence_names_who_joins_and_leaves_out_what_the_group_does_not_grant(night):
    _, found = night

    lines = (found[DEVS].bundle / "evidence.csv").read_text().splitlines()

    assert [("s3:GetBucketPolicy", True, False), ("s3:GetBucketPolicy", False, True)] == [
        (line.partition(",")[0], "by `bob`" in line, "by `ann`" in line) for line in lines[1:]
    ]


@pytest.mark.slow
def test_the_page_shows_whose_policy_goes(night):
    _, found = night

    text = (found[DEVS].bundle / "diff.md").read_text()

    assert "--- work today\n+++ policy-1.json\n" in text
    assert "--- work of user/ann today\n+++ taken away\n" in text
    assert "- `ann` moves into it: it grants what the user needs of policies of its own, and those go" in text
