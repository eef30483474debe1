"""CloudTrail records as they come and as they should not, for the laws of the decoder and of the lake."""

from __future__ import annotations

import json

from hypothesis import strategies as st

ACCOUNT = "111122223333"
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**20, max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
times = st.sampled_from(
    [
        "2026-11-01T00:00:00Z",
        "2026-11-01T23:59:59Z",
        "2026-11-02T12:00:00Z",
        "2026-11-02T12:00:00+02:00",
        "20261103T120000Z",
        "2026-11-04",
    ]
)
bad_times = st.sampled_from(["", "yesterday", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-01:00", 5, None, [], True])
secrets = st.dictionaries(
    st.sampled_from(["sessionToken", "secretAccessKey", "SessionToken"]), st.just("SECRET") | json_values, max_size=3
)
identities = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["IAMUser", "AssumedRole", "Root", "AWSService"]) | json_values,
        "arn": st.sampled_from([f"arn:aws:iam::{ACCOUNT}:user/a", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"])
        | json_values,
        "principalId": st.text(max_size=8) | json_values,
        "accountId": st.just(ACCOUNT) | json_values,
        "accessKeyId": st.sampled_from(["AKIA1", ""]) | json_values,
        "userName": st.text(max_size=8) | json_values,
        "invokedBy": st.just("lambda.amazonaws.com") | json_values,
        "onBehalfOf": json_values,
        "inScopeOf": json_values,
        "credentials": secrets,
        "sessionContext": json_values
        | st.fixed_dictionaries(
            {},
            optional={
                "attributes": json_values
                | st.fixed_dictionaries(
                    {},
                    optional={
                        "mfaAuthenticated": st.sampled_from(["true", "FALSE", True, "perhaps"]) | json_values,
                        "creationDate": times | bad_times,
                    },
                ),
                "sessionIssuer": json_values
                | st.dictionaries(st.sampled_from(["type", "arn", "principalId"]), st.text(max_size=5) | json_values),
                "sourceIdentity": st.text(max_size=5) | json_values,
                "webIdFederationData": json_values,
            },
        ),
    },
)
resource_entries = (
    st.dictionaries(st.sampled_from(["ARN", "accountId", "type", "ARNPrefix"]), st.text(max_size=8) | st.none())
    | json_values
)
odd_records = st.fixed_dictionaries(
    {"eventName": st.just("GetObject") | json_values},
    optional={
        "eventTime": times | times | times | bad_times,
        "eventVersion": st.sampled_from(["1.08", "1.11", "1.99", "2.0", "", 1.08, 2, "x"]),
        "eventID": st.uuids().map(str) | st.sampled_from(["", 7, None]),
        "eventSource": st.just("s3.amazonaws.com") | json_values,
        "awsRegion": st.just("eu-west-1") | json_values,
        "recipientAccountId": st.just(ACCOUNT) | json_values,
        "readOnly": st.sampled_from([True, False, "true", "False", "maybe", None, 1]),
        "errorCode": st.just("AccessDenied") | json_values,
        "userAgent": st.text(max_size=10),
        "requestParameters": json_values | secrets,
        "responseElements": json_values | secrets | st.fixed_dictionaries({"credentials": secrets}),
        "additionalEventData": json_values | secrets,
        "tlsDetails": json_values,
        "managementEvent": json_values,
        "addendum": json_values | secrets,
        "apiVersion": json_values,
        "somethingNew": json_values | secrets,
        "resources": st.lists(resource_entries, max_size=3) | json_values,
        "userIdentity": identities | json_values,
    },
)


@st.composite
def record_texts(draw):
    """Return the JSON text of an odd record, in one of the spellings JSON allows."""
    text = json.dumps(draw(odd_records), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    return text.encode()


broken_texts = st.sampled_from(
    [
        b"5",
        b'"a string"',
        b"[]",
        b"{}",
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","userAgent":"\\ud800"}',
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","userAgent":"\xff"}',
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","requestParameters":{"a":NaN}}',
        b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z","requestParameters":'
        + b"[" * 3000
        + b"]" * 3000
        + b"}",
        b'{"eventName":"GetObject","eventTime":',
    ]
)


@st.composite
def good_records(draw):
    """Return a record of an ordinary call of one of few principals on one of few days."""
    user = draw(st.sampled_from(["ann", "bob"]))
    source, name, request = draw(
        st.sampled_from(
            [
                ("s3.amazonaws.com", "GetObject", {"bucketName": "b", "key": "k"}),
                ("s3.amazonaws.com", "PutObject", {"bucketName": "b", "key": "k"}),
                ("iam.amazonaws.com", "GetRole", {"roleName": "r"}),
                ("sqs.amazonaws.com", "ListQueues", None),
            ]
        )
    )
    record = {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-0{draw(st.integers(1, 4))}T0{draw(st.integers(0, 9))}:00:00Z",
        "eventSource": source,
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "awsRegion": "eu-west-1",
        "eventID": str(draw(st.uuids())),
        "readOnly": name != "PutObject",
        "recipientAccountId": ACCOUNT,
        "requestParameters": request,
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "principalId": f"AIDA{user.upper()}",
            "userName": user,
            "accessKeyId": f"AKIA{user.upper()}",
        },
    }
    if error := draw(st.sampled_from([None, None, None, "AccessDenied", "NoSuchKey"])):
        record["errorCode"] = error
    return record
