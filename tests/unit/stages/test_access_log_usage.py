"""S3's access log as evidence: into the roll-up of usage, once with a trail's data events, never into coverage."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from iamaudit.engine.duck import Engine
from iamaudit.formats.recognise import pieces_of
from iamaudit.formats.record import row_of
from iamaudit.lake.schema import EVENTS_SCHEMA, SESSIONS_SCHEMA
from iamaudit.stages.usage import mapped_callers, mapped_shapes
from iamaudit.usage.shapes import ShapeMapper

ROLE = "arn:aws:sts::111122223333:assumed-role/reader/s"
TRAIL = {
    "eventVersion": "1.08",
    "eventTime": "2019-02-06T00:00:39Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "eventType": "AwsApiCall",
    "eventCategory": "Data",
    "awsRegion": "eu-west-1",
    "eventID": "e1",
    "requestID": "R1",
    "readOnly": True,
    "recipientAccountId": "111122223333",
    "requestParameters": {"bucketName": "b1", "key": "k1"},
    "userIdentity": {
        "type": "AssumedRole",
        "arn": ROLE,
        "principalId": "AROAX:s",
        "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/team/reader", "principalId": "AROAX"}},
    },
}  # fmt: skip


def access(request_id, key, status="200 -"):
    return (
        f"79a5 b1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {ROLE} {request_id} REST.GET.OBJECT {key} "
        f'"GET /{key} HTTP/1.1" {status} 1 1 1 1 "-" "cli" - h SigV4 E AuthHeader b1.s3.eu-west-1.amazonaws.com\n'
    ).encode()


EDGE = b"#Fields: date time cs-method x-edge-request-id\n2019-02-06\t00:00:00\tGET\tid\n"


@pytest.fixture
def engine():
    objects = [
        access("R1", "k1") + access("R2", "k2") + access("R3", "k2") + access("R4", "k3", "403 AccessDenied"),
        access("R2", "k2"),  # delivered twice
        EDGE,
        json.dumps({"Records": [TRAIL]}).encode(),
    ]
    rows = [row for data in objects for row in map(row_of, pieces_of(data).pieces)]
    deliveries = pa.Table.from_pylist(rows, schema=EVENTS_SCHEMA)
    with Engine({"deliveries": lambda: deliveries, "earlier_sessions": SESSIONS_SCHEMA.empty_table}, {}) as engine:
        engine.provide("mapped_callers", mapped_callers(engine))
        engine.provide("mapped_shapes", mapped_shapes(engine, ShapeMapper()))
        yield engine


def test_the_access_log_is_evidence_of_use_by_object(engine):
    rows = engine.query(
        "select principal, resource, outcome, evidence, count from usage_rollup order by resource"
    ).to_pylist()

    by_name = "arn:aws:iam::111122223333:role/reader"
    assert [
        ("arn:aws:iam::111122223333:role/team/reader", "arn:aws:s3:::b1/k1", "success", "direct", 1),
        (by_name, "arn:aws:s3:::b1/k2", "success", "direct", 2),
        (by_name, "arn:aws:s3:::b1/k3", "denied", "direct", 1),
    ] == [tuple(row.values()) for row in rows]


def test_an_access_log_covers_nothing(engine):
    rows = engine.query("select category, count from usage_coverage").to_pylist()

    assert [{"category": "data", "count": 1}] == rows
