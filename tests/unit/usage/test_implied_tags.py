"""Tags on what a call makes need the tagging permission too (domain.md §2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.tables import rows
from iamaudit.model.usage import Outcome
from iamaudit.usage.actions import same_name
from iamaudit.usage.call import Call
from iamaudit.usage.map import map_call

ROWS = tuple(row for row in rows("tag_on_create") if row["event_name"] != "*")
TAGS = [{"key": "team", "value": "a"}]
ROLE = "arn:aws:iam::111122223333:role/r"


def implied(prefix, name, request, ended=Outcome.SUCCESS):
    call = Call(f"{prefix}.amazonaws.com", name, "eu-west-1", "111122223333", request=request)
    return [use for use in map_call(call, ended) if use.evidence == "implied"]


@given(st.sampled_from(ROWS))
def test_a_create_call_with_tags_needs_the_tagging_action(row):
    tagged = implied(row["prefix"], row["event_name"], {row["parameter"]: TAGS})
    bare = implied(row["prefix"], row["event_name"], {"x": "y"})

    found = [use for use in tagged if use.action == row["action"]]
    assert len(found) == 1
    assert found[0].rule.startswith("tag_on_create.csv: ")
    assert row["action"] not in {use.action for use in bare}


def test_where_no_source_says_so_the_confidence_is_low():
    """A tagging action that a create may not check is never told for sure, and each such row says so."""
    unsure = [row for row in ROWS if row["confidence"] == "low"]

    assert unsure
    assert [("glue:TagResource", "low")] == [
        (use.action, use.confidence) for use in implied("glue", "CreateJob", {"tags": TAGS})
    ]
    assert all(row["source"].startswith("[K]") for row in unsure)


def test_every_row_says_how_sure_it_is():
    assert {"high", "low"} == {row["confidence"] for row in rows("tag_on_create")}


def test_every_event_that_is_tagged_is_one_of_the_service():
    """A name that neither the catalogue nor the event table knows could never be met."""
    known = {(row["prefix"], row["event_name"].lower()) for row in rows("event_actions")}
    newer = {row["operation"] for row in rows("unmapped_operations")}

    strays = [
        (row["prefix"], row["event_name"])
        for row in ROWS
        if row["confidence"] == "high"
        and same_name(row["prefix"], row["event_name"]).confidence == "low"
        and (row["prefix"], row["event_name"].lower()) not in known
        and row["event_name"] not in newer
    ]

    assert [] == strays


@pytest.mark.parametrize("ended", [Outcome.DENIED, Outcome.INDETERMINATE])
def test_a_call_that_may_not_have_got_there_implies_no_tagging(ended):
    assert [] == implied("rds", "CreateDBInstance", {"tags": TAGS}, ended)


def test_ec2_tags_what_the_request_names_and_says_by_which_call():
    request = {
        "tagSpecificationSet": {
            "items": [{"resourceType": "volume", "tags": TAGS}, {"resourceType": "instance", "tags": TAGS}]
        }
    }

    use = implied("ec2", "RunInstances", request)[0]

    assert ("ec2:CreateTags", "high", {"ec2:CreateAction": "RunInstances"}) == (
        use.action,
        use.confidence,
        use.conditions,
    )
    assert {"instance", "volume"} == {arn.split(":")[5].partition("/")[0] for arn in use.resources}


@pytest.mark.parametrize("name", ["DescribeTags", "DeleteTags"])
def test_ec2_calls_about_tags_tag_nothing_new(name):
    assert [] == implied("ec2", name, {"tagSpecificationSet": {"items": [{"resourceType": "instance"}]}})


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"tags": TAGS}, ["sts:TagSession"]),
        ({"transitiveTagKeys": ["team"]}, ["sts:TagSession"]),
        ({"tags": TAGS, "transitiveTagKeys": ["team"]}, ["sts:TagSession"]),
        ({"sourceIdentity": "ann"}, ["sts:SetSourceIdentity"]),
        ({"tags": TAGS, "sourceIdentity": "ann"}, ["sts:SetSourceIdentity", "sts:TagSession"]),
        ({}, []),
    ],
)
def test_a_session_with_tags_or_a_source_identity_needs_them_on_the_role(request_, expected):
    uses = implied("sts", "AssumeRole", {"roleArn": ROLE, "roleSessionName": "s", **request_})

    assert expected == sorted(use.action for use in uses)
    assert all(use.resources == (ROLE,) for use in uses)


def test_what_is_tagged_as_it_is_made_has_no_id_yet():
    """The next key has another id: a permission on this one would refuse its tags."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    call = Call(
        "kms.amazonaws.com", "CreateKey", "eu-west-1", "111122223333", request={"tags": TAGS}, resources=[{"ARN": key}]
    )

    found = [use.resources for use in map_call(call) if use.action == "kms:TagResource"]

    assert [("arn:aws:kms:eu-west-1:111122223333:key/*",)] == found
