"""`recommend` writes a bundle for each group, which agrees with the bundles of its members."""

from __future__ import annotations

import pytest

from iamaudit.errors import InputError
from iamaudit.recommend.choices import Choices
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document, plan_of, recommended

LOGGED = first_and_last("2026-09-06", "2026-11-04")
CALLS = [
    *(call(day, "data", user="ann") for day in LOGGED),
    *(call(day, "logs", user="bob", event="GetBucketVersioning") for day in LOGGED),
]
CHOICES = Choices(formats=("json",))
DEVS = arn("group", "devs")


def company():
    return SmallCompany(
        CALLS,
        inline={
            ("group", "devs"): document("s3:*"),
            ("group", "empty"): document("s3:*"),
            ("user", "ann"): document("s3:GetBucketPolicy", "s3:PutBucketPolicy"),
        },
        members={"devs": ["ann", "bob"]},
    )


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    out = tmp_path_factory.mktemp("night")
    return out, recommended(company(), out, CHOICES)


def test_a_group_has_its_bundle_beside_those_of_its_members(night):
    out, found = night

    group = found[DEVS]
    assert (out / ACCOUNT / "group" / "devs", "group") == (group.bundle, group.shared)
    assert {arn("user", "ann"), arn("user", "bob")} == {one["principal"] for one in group.certificate["holders"]}
    assert {"plan.json", "current.json", "diff.md", "certificate.json", "rollback.json", "evidence.csv"} <= {
        path.name for path in group.bundle.iterdir()
    }


def test_a_group_keeps_what_its_members_used_and_no_more(night):
    _, found = night

    text = (found[DEVS].bundle / "policy-1.json").read_text()

    assert "s3:GetBucketPolicy" in text
    assert "s3:GetBucketVersioning" in text
    assert "s3:PutBucketPolicy" not in text


def test_an_empty_group_is_told_to_give_up_its_policies(night):
    _, found = night

    plan = plan_of(found[arn("group", "empty")])

    assert ["delete_inline_policy"] == [one["change"] for one in plan["changes"]]


@pytest.mark.slow
def test_the_line_of_a_group_says_that_several_hold_it(night):
    _, found = night

    assert "group" == found[DEVS].as_json()["shared"]
    assert "shared" not in found[arn("user", "ann")].as_json()


@pytest.mark.slow
def test_a_group_that_is_asked_for_alone_has_the_same_bytes(night, tmp_path):
    out, _ = night

    found = recommended(company(), tmp_path, CHOICES, only=frozenset({DEVS}))

    # without its members' bundles its own is the same: each keeps all that it granted
    assert [DEVS] == list(found)
    for path in (out / ACCOUNT / "group" / "devs").iterdir():
        assert path.read_bytes() == (found[DEVS].bundle / path.name).read_bytes()


@pytest.mark.slow
def test_a_group_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nobody` is not"):
        recommended(company(), tmp_path, CHOICES, only=frozenset({arn("group", "nobody")}))
