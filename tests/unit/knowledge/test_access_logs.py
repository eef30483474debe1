"""The operations of S3's server access log stand for events that the catalogue knows."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.access_logs import Operation, s3_operation
from iamaudit.knowledge.tables import rows
from iamaudit.usage.call import Call
from iamaudit.usage.map import map_call

EVENTS = [row for row in rows("s3_access_operations") if row["event_name"]]
WITHOUT_A_KEY = {"REST.POST.MULTI_OBJECT_DELETE", "REST.POST.BUCKET"}  # their objects are in the body


def test_every_operation_is_an_event_or_says_why_not():
    assert [] == [row for row in rows("s3_access_operations") if bool(row["event_name"]) == bool(row["reason"])]


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row["operation"] + row["with_key"])
def test_every_event_of_an_operation_is_an_action_of_the_catalogue(row):
    """Also on which resource: on the object where there is a key, else on the bucket."""
    request = {"bucketName": "b"} if row["with_key"] == "no" else {"bucketName": "b", "key": "k"}

    uses = map_call(Call("s3.amazonaws.com", row["event_name"], request=request))

    assert uses
    assert not any(use.rule.startswith("no rule") for use in uses)
    assert {"high"} == {use.confidence for use in uses} or row["operation"] in WITHOUT_A_KEY


@pytest.mark.parametrize(
    ("operation", "has_key", "expected"),
    [
        ("REST.GET.OBJECT", True, Operation("GetObject")),
        ("REST.GET.ACL", True, Operation("GetObjectAcl")),
        ("REST.GET.ACL", False, Operation("GetBucketAcl")),
        ("S3.EXPIRE.OBJECT", True, Operation("", "S3 itself acts by a rule of the bucket")),
        ("S3.TRANSITION_SIA.OBJECT", True, Operation("", "S3 itself acts by a rule of the bucket")),
        ("REST.INVENT.TOMORROW", True, None),
    ],
)
def test_an_operation_is_found_by_its_name_and_whether_it_has_a_key(operation, has_key, expected):
    assert expected == s3_operation(operation, has_key=has_key)
