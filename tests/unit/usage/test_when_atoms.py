"""The tests of a `when` condition: each says what it says, whatever the case and the nesting of the parameters."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.events import action_rows
from iamaudit.usage.actions import actions_of
from iamaudit.usage.parameters import EMPTY, parameters_of


def needed(prefix, name, request):
    return sorted(one.action for one in actions_of(prefix, name, parameters_of(request)))


@pytest.mark.parametrize(
    ("source", "action"),
    [("s/k", "s3:GetObjectTagging"), ("s/k?versionId=1", "s3:GetObjectVersionTagging")],
    ids=["contains not", "contains"],
)
def test_a_text_is_inside_or_is_not(source, action):
    request = {"x-amz-copy-source": source, "x-amz-tagging-directive": "COPY"}

    tagging = [one for one in needed("s3", "CopyObject", request) if one.startswith("s3:Get") and "Tagging" in one]

    assert [action] == tagging


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ({"object": [{"key": "a"}]}, ["s3:DeleteObject"]),
        ({"object": [{"key": "a", "versionId": "1"}]}, ["s3:DeleteObjectVersion"]),
        ({"objects": {"key": "a", "versionId": "1"}}, ["s3:DeleteObjectVersion"]),
        ({"objects": [{"key": "a", "versionId": ""}, {"key": "b", "versionId": "1"}]}, ["s3:DeleteObject", "s3:DeleteObjectVersion"]),
        ({}, ["s3:DeleteObject"]),
    ],
    ids=["newest", "a version", "one alone", "both", "keys unknown"],
)  # fmt: skip
def test_an_object_of_a_list_lacks_a_member(batch, expected):
    assert expected == needed("s3", "DeleteObjects", {"bucketName": "b", "delete": batch})


def test_what_comes_on_top_without_a_condition_is_always_told():
    assert ["rds:RebootDBCluster", "rds:RebootDBInstance"] == sorted(
        one.action for one in actions_of("rds", "RebootDBCluster", EMPTY)
    )
    assert all(row.adds for row in action_rows("rds", "RebootDBCluster"))
