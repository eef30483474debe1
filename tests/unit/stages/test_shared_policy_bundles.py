"""One bundle shrinks a policy for all who hold it, and the plans of its holders agree with that."""

from __future__ import annotations

import json

import pytest

from iamaudit.recommend.choices import Choices
from iamaudit.stages.recommend import recommend
from tests.properties.small_lake import ACCOUNT
from tests.unit.stages.small_account import call, first_and_last
from tests.unit.stages.small_company import SmallCompany, arn, document

LOGGED = first_and_last("2026-09-06", "2026-11-04")
CALLS = [
    *(call(day, "data", user=user) for day in LOGGED for user in ("ann", "bob")),
    *(call(day, "logs", user="bob", event="GetBucketVersioning") for day in LOGGED),
]
TEAM, AUDIT = arn("policy", "team"), arn("policy", "audit")


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    out = tmp_path_factory.mktemp("night")
    lake = SmallCompany(
        CALLS,
        inline={("user", "eve"): document("s3:ListAllMyBuckets")},
        managed={
            "team": (document("s3:GetBucketPolicy", "s3:PutBucketPolicy"), [("user", "ann"), ("user", "bob")]),
            "audit": (document("s3:GetBucketVersioning", "s3:PutBucketAcl"), [("user", "bob"), ("user", "eve")]),
        },
    )
    with lake, lake.engine() as engine:
        results = recommend(engine, out, choices=Choices(formats=("json",)), workers=1)
    return out, {one.principal: one for one in results}


def changes(folder):
    return [(one["change"], one["policy"]) for one in json.loads((folder / "plan.json").read_text())["changes"]]


def test_a_policy_that_all_holders_need_alike_is_shrunk_in_place_by_its_own_bundle(night):
    out, found = night

    entry = found[TEAM]

    assert (out / ACCOUNT / "policy" / "team", "policy") == (entry.bundle, entry.shared)
    assert [("create_policy_version", TEAM)] == changes(entry.bundle)
    assert "PutBucketPolicy" not in (entry.bundle / "policy-1.json").read_text()
    assert 2 == len(entry.certificate["holders"])


def test_no_plan_of_a_holder_touches_what_was_agreed(night):
    _, found = night

    for name in ("ann", "bob"):
        bundle = found[arn("user", name)].bundle
        assert TEAM not in [policy for _, policy in changes(bundle)]
        assert any("GetBucketPolicy" in path.read_text() for path in bundle.glob("policy-*.json"))


def test_a_policy_that_one_holder_does_not_need_is_left_for_each_to_replace(night):
    _, found = night

    assert (None, "split") == (found[AUDIT].bundle, found[AUDIT].refused_kind)
    assert "`eve` needs nothing of it" in found[AUDIT].refused
    assert ("detach_policy", AUDIT) in changes(found[arn("user", "bob")].bundle)
    assert ("detach_policy", AUDIT) in changes(found[arn("user", "eve")].bundle)
    assert any("`eve` needs nothing of it" in note for note in found[arn("user", "bob")].certificate["notes"])
