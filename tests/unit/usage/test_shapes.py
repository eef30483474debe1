"""Shapes: two calls that differ in one column only, and the answers that must differ."""

import json

import pyarrow as pa
import pytest

from iamaudit.usage import shapes as usage_shapes
from iamaudit.usage.shapes import SHAPE_COLUMNS, ShapeMapper
from tests.oracles.slow_shapes import slow_rows
from tests.unit.usage import hand_tables

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}"
CALL = dict.fromkeys(SHAPE_COLUMNS) | {
    "identity_type": "AssumedRole",
    "identity_arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s",
    "identity_account_id": ACCOUNT,
    "event_type": "AwsApiCall",
    "event_source": "s3.amazonaws.com",
    "event_name": "GetObject",
    "aws_region": "eu-west-1",
    "account_id": ACCOUNT,
    "request_parameters": '{"bucketName": "b", "key": "k"}',
}
DENIED = "not authorized to perform: s3:GetObject on resource: arn:aws:s3:::{}"
CASES = (
    ({}, "request_parameters", '{"bucketName": "b", "key": "other"}'),
    ({}, "aws_region", "cn-north-1"),
    ({}, "issuer_arn", f"{ARN}:role/path/r"),
    ({}, "invoked_by", "athena.amazonaws.com"),
    ({}, "error_code", "AccessDenied"),
    ({}, "error_message", "odd"),
    ({"request_parameters": "{}"}, "request_parameters", '{"dryRun": true}'),
    (
        {"event_source": "kms.amazonaws.com", "event_name": "Decrypt", "request_parameters": '{"keyId": "1-2"}'},
        "account_id",
        "444455556666",
    ),
    ({"error_code": "AccessDenied", "error_message": DENIED.format("b/k")}, "error_message", DENIED.format("b/other")),
    (
        {"event_source": "sqs.amazonaws.com", "event_name": "GetQueueUrl", "request_parameters": '{"queueName": "q"}'},
        "aws_region",
        "eu-north-1",
    ),
    ({"request_parameters": None}, "resources", json.dumps([{"arn": "arn:aws:s3:::b/k", "account_id": None, "type": None}])),
    (
        {
            "event_source": "iam.amazonaws.com",
            "event_name": "CreateRole",
            "request_parameters": '{"roleName": "r"}',
            "response_elements": json.dumps({"role": {"arn": f"{ARN}:role/r"}}),
        },
        "response_elements",
        json.dumps({"role": {"arn": f"{ARN}:role/path/r"}}),
    ),
    (
        {
            "event_source": "iam.amazonaws.com",
            "event_name": "ChangePassword",
            "request_parameters": None,
            "identity_type": "IAMUser",
            "identity_arn": f"{ARN}:user/ann",
        },
        "identity_arn",
        f"{ARN}:user/bob",
    ),
    (
        {
            "event_source": "sts.amazonaws.com",
            "event_name": "AssumeRole",
            "request_parameters": json.dumps({"roleArn": f"{ARN}:role/r"}),
        },
        "identity_type",
        "AWSService",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "column", "value"), CASES, ids=[f"{case[1]} {n}" for n, case in enumerate(CASES)])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_what_makes_a_difference_is_seen(changes, column, value, is_reversed):
    pair = [{**CALL, **changes}, {**CALL, **changes, column: value}]
    shapes = [{**shape, "shape": n} for n, shape in enumerate(reversed(pair) if is_reversed else pair)]

    found = [tuple(row.values()) for row in mapped(shapes)]

    assert [row for shape in shapes for row in slow_rows(shape)] == found
    assert [row[1:] for row in found if row[0] == 0] != [row[1:] for row in found if row[0] == 1]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("response_elements", '{"x": 1}'),
        ("principal_id", "AROAX:another"),
        ("user_name", "u"),
    ],
)
def test_what_makes_no_difference_is_worked_out_once(column, value, monkeypatch):
    asked = []
    mapper = ShapeMapper()
    mapped([{**CALL, "shape": 1}], mapper)
    monkeypatch.setattr(usage_shapes, "map_call", lambda *given: asked.append(given))

    rows = mapped([{**CALL, column: value, "shape": 2}], mapper)

    assert ([], ["s3:GetObject"]) == (asked, [row["action"] for row in rows])


def test_every_call_written_by_hand_maps_in_the_roll_up_as_it_does_alone():
    """The tables beside this file are read record by record; a night goes another way, through a call that is watched."""
    rows = [case for name in ("action", "implied", "mapping", "resource") for case in hand_tables.cases(name)]
    shapes = [{**shape_of(hand_tables.record(case)), "shape": n} for n, case in enumerate(rows)]

    found = [tuple(row.values()) for row in mapped(shapes)]

    assert [row for shape in shapes for row in slow_rows(shape)] == found


def test_no_shapes_make_no_rows():
    assert [] == mapped([])


def shape_of(record):
    """Return the columns of a record of a hand table, as the lake keeps them."""
    listed = [
        {"arn": entry.get("ARN"), "account_id": entry.get("accountId"), "type": entry.get("type")}
        for entry in record.get("resources", ())
    ]
    texts = {"request_parameters": record["requestParameters"], "response_elements": record.get("responseElements")}
    return {
        **CALL,
        **{name: json.dumps(value) for name, value in texts.items()},
        "event_source": record["eventSource"],
        "event_name": record["eventName"],
        "aws_region": record["awsRegion"],
        "account_id": record["recipientAccountId"],
        "error_code": record.get("errorCode"),
        "error_message": record.get("errorMessage"),
        "resources": json.dumps(listed),
    }


def mapped(shapes, mapper=None):
    types = [pa.int64() if name == "shape" else pa.string() for name in SHAPE_COLUMNS]
    table = pa.Table.from_pylist(shapes, schema=pa.schema(list(zip(SHAPE_COLUMNS, types, strict=True))))
    return (mapper or ShapeMapper()).rows(table).to_pylist()
