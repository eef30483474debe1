"""What is remembered from one shape to the next changes no answer."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.usage import shapes as usage_shapes
from iamaudit.usage.callers import CALLER_COLUMNS
from iamaudit.usage.distinct import distinct
from iamaudit.usage.shapes import CALL_COLUMNS, SHAPE_COLUMNS, ShapeMapper
from tests.oracles.slow_shapes import slow_rows
from tests.properties.strategies_usage import REQUESTS, json_values, requests

ME, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ME}:role"
LAMBDA = json.dumps(
    {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": f"arn:aws:lambda:eu-west-1:{ME}:function:f"}
)
DENIED = (
    "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no policy",
    "not authorized to perform: kms:Decrypt",
    "Encoded authorization failure message: abc",
)


def maybe(*values):
    return st.none() | st.sampled_from(values)


callers = st.fixed_dictionaries(
    {
        "identity_type": maybe(
            "IAMUser", "AssumedRole", "Root", "Role", "FederatedUser", "AWSService", "AWSAccount", "SAMLUser",
            "IdentityCenterUser", "New",
        ),
        "identity_arn": maybe(f"arn:aws:iam::{ME}:user/ann", f"arn:aws:sts::{ME}:assumed-role/r/s"),
        "principal_id": maybe("AIDAX", "AROAX:s", "AROAX:i-0e7b4702", "AROAX:run-1732579200", "ANONYMOUS_PRINCIPAL"),
        "identity_account_id": maybe(ME, OTHER),
        "user_name": maybe("ann", "HIDDEN_DUE_TO_SECURITY_REASONS"),
        "issuer_arn": maybe(f"{ROLE}/p/r", f"{ROLE}/aws-service-role/x.amazonaws.com/r"),
        "issuer_type": maybe("Role"),
        "issuer_id": maybe("AROAX"),
        "invoked_by": maybe("cloudformation.amazonaws.com", "signin.amazonaws.com", "AWS Internal"),
        "on_behalf_of": maybe('{"userId": "u"}', "[]"),
        "source_identity": maybe("ann", ""),
        "in_scope_of": maybe(LAMBDA, "[]"),
        "issued_by": maybe("lambda.amazonaws.com", "ecs-tasks.amazonaws.com"),
    }
)  # fmt: skip
places = st.fixed_dictionaries(
    {
        "event_type": maybe("AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "S3ServerAccessLog", "ActivityLog"),
        "aws_region": maybe("eu-west-1", "us-east-2", "cn-north-1", "us-gov-west-1"),
        "account_id": maybe(ME, OTHER),
        "error_code": maybe("AccessDenied", "Client.UnauthorizedOperation", "ThrottlingException", "NoSuchKey", "Odd"),
        "error_message": maybe(*DENIED),
        "resources": maybe(
            "[]",
            json.dumps([{"arn": "arn:aws:s3:::b", "account_id": OTHER, "type": "AWS::S3::Bucket"}]),
            json.dumps([{"arn": f"arn:aws:kms:eu-west-1:{ME}:key/1", "account_id": None, "type": None}]),
        ),
        "response_elements": maybe('{"errorCode": "AccessDenied"}', '{"ConsoleLogin": "Failure"}', "[1]")
        | json_values.map(json.dumps),
    }
)
MORE = (
    ("iam.amazonaws.com", "ChangePassword", None),
    ("iam.amazonaws.com", "GetUser", {}),
    ("signin.amazonaws.com", "ConsoleLogin", None),
    ("kms.amazonaws.com", "Decrypt", {"keyId": "alias/a"}),
    ("sts.amazonaws.com", "AssumeRole", {"roleArn": f"{ROLE}/r"}),
    ("ec2.amazonaws.com", "DescribeInstances", {"maxResults": 5}),
    ("new.amazonaws.com", "NobodyKnows", {"a": "b"}),
    ("s3.amazonaws.com", "BATCH.DELETE.OBJECT", {"bucketName": "b", "key": "k"}),
    (None, None, None),
)
wholes = requests | st.sampled_from(MORE)


TYPICAL = (
    {"identity_type": "IAMUser", "identity_account_id": ME, "user_name": "ann"},  # its ARN has the region's partition
    {"identity_type": "AWSService", "invoked_by": "cloudformation.amazonaws.com"},
    {"identity_type": "AssumedRole", "identity_arn": f"arn:aws:sts::{ME}:assumed-role/r/s"},
    {"identity_type": "IAMUser", "identity_arn": f"arn:aws:iam::{ME}:user/ann"},
)
typical = st.sampled_from(TYPICAL).map(lambda given: {**dict.fromkeys(CALLER_COLUMNS), **given})
TEXTS = ("event_source", "event_name", "request_parameters")
texts = st.fixed_dictionaries(
    {
        "event_source": st.sampled_from([source for source, _, _ in (*REQUESTS, *MORE)]),
        "event_name": st.sampled_from([name for _, name, _ in (*REQUESTS, *MORE)]),
        "request_parameters": json_values.map(json.dumps),
    }
)


def shape_of(who, what, where):
    source, name, request = what
    text = None if request is None else json.dumps(request)
    return {**who, **where, "event_source": source, "event_name": name, "request_parameters": text}


base_shapes = st.builds(
    shape_of, typical | callers, wholes, places | st.just({**dict.fromkeys(CALL_COLUMNS), "account_id": ME})
)


@st.composite
def tables_of_shapes(draw):
    """Shapes of which most differ in one column from another: what is remembered of one is asked for by the next."""
    rows = [draw(base_shapes)]
    for _ in range(draw(st.integers(0, 12))):
        near = draw(st.sampled_from(rows))
        column = draw(st.sampled_from((*CALLER_COLUMNS, *CALL_COLUMNS)))
        whole = callers if column in CALLER_COLUMNS else texts if column in TEXTS else places
        rows.append({**near, column: draw(whole)[column]} if draw(st.integers(0, 5)) else draw(base_shapes))
    return [{**row, "shape": number} for number, row in enumerate(rows, start=1)]


def table_of(rows):
    types = [pa.int64() if name == "shape" else pa.string() for name in SHAPE_COLUMNS]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(SHAPE_COLUMNS, types, strict=True))))


def rows_of(table):
    return [tuple(row.values()) for row in table.to_pylist()]


@given(tables_of_shapes())
def test_the_mapper_agrees_with_its_slow_twin(shapes):
    expected = [row for shape in shapes for row in slow_rows(shape)]

    assert expected == rows_of(ShapeMapper().rows(table_of(shapes)))


@given(st.lists(tables_of_shapes(), min_size=2, max_size=3), st.sampled_from([0, 3, 1000]))
def test_pages_are_mapped_as_if_each_were_the_first(pages, kept):
    mapper, before = ShapeMapper(), usage_shapes.MOST_KEPT
    usage_shapes.MOST_KEPT = kept
    try:
        found = [rows_of(mapper.rows(table_of(page))) for page in pages]
    finally:
        usage_shapes.MOST_KEPT = before

    assert [rows_of(ShapeMapper().rows(table_of(page))) for page in pages] == found


columns = st.integers(0, 20).flatmap(
    lambda length: st.lists(st.lists(maybe("", "a", "b"), min_size=length, max_size=length), min_size=1, max_size=4)
)


@given(columns)
def test_rows_are_numbered_by_all_their_values_nulls_included(values):
    rows = list(zip(*values, strict=True))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}

    found = distinct([pa.chunked_array([column], pa.string()) for column in values])

    assert [numbers[row] for row in rows] == found.numbers.tolist()
    assert [rows.index(row) for row in numbers] == found.firsts.tolist()
