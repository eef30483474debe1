"""S3 server access logs, as lines and as the JSON of CloudWatch (domain.md §7)."""

from __future__ import annotations

import json
import time

import pytest

from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.formats.record import row_of
from iamaudit.usage.map import map_record

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
ROLE = "arn:aws:sts::111122223333:assumed-role/reader/i-0abc"
USER = "arn:aws:iam::111122223333:user/team/ann"


def line(
    requester=ROLE,
    operation="REST.GET.OBJECT",
    key="reports/a.csv",
    uri='"GET /reports/a.csv HTTP/1.1"',
    status="200 -",
    agent='"aws-cli/2"',
    tail="- h1+/= SigV4 ECDHE-RSA AuthHeader b1.s3.eu-west-1.amazonaws.com TLSv1.2 - -",
    request_id="3E57427F3EXAMPLE",
):
    return (
        f"{OWNER} b1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} {request_id} {operation} {key} {uri} {status} "
        f'113 1024 7 3 "-" {agent} {tail}'
    )


def told(*lines):
    found = pieces_of("\n".join(lines).encode() + b"\n")
    assert "s3_access" == found.kind
    return [piece if isinstance(piece, Broken) else json.loads(piece) for piece in found.pieces]


def test_a_request_is_a_record_of_cloudtrails_shape():
    (record,) = told(line())

    assert {
        "eventTime": "2019-02-06T00:00:38Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventType": "S3ServerAccessLog",
        "eventCategory": "AccessLog",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.3",
        "userAgent": "aws-cli/2",
        "requestID": "3E57427F3EXAMPLE",
        "readOnly": True,
        "userIdentity": {"type": "AssumedRole", "arn": ROLE, "accountId": "111122223333"},
        "requestParameters": {"bucketName": "b1", "key": "reports/a.csv"},
        "resources": [
            {"ARN": "arn:aws:s3:::b1/reports/a.csv", "type": "AWS::S3::Object"},
            {"ARN": "arn:aws:s3:::b1", "type": "AWS::S3::Bucket"},
        ],
    } == {name: value for name, value in record.items() if name not in {"eventID", "additionalEventData"}}
    assert {
        "httpStatus": "200",
        "objectSize": "1024",
        "tlsVersion": "TLSv1.2",
        "operation": "REST.GET.OBJECT",
    }.items() <= (record["additionalEventData"].items())


def test_a_request_is_a_row_with_an_account():
    row = row_of(json.dumps(told(line())[0]).encode())

    assert ("111122223333", "i-0abc", "AccessLog") == (row["account_id"], row["session_name"], row["event_category"])


@pytest.mark.parametrize(
    ("requester", "kind", "arn"),
    [
        (ROLE, "role", "arn:aws:iam::111122223333:role/reader"),
        (USER, "user", USER),
        ("arn:aws:iam::111122223333:root", "root", "arn:aws:iam::111122223333:root"),
        (OWNER, "external", None),
        ("svc:cloudtrail.amazonaws.com", "service", None),
        ("AmazonS3", "service", None),
        ("-", "external", None),
        ("somebody", "unattributed", None),
    ],
)
def test_the_requester_is_a_principal(requester, kind, arn):
    mapped = map_record(told(line(requester=requester))[0])

    assert (kind, arn) == (mapped.principal.kind.value, mapped.principal.arn)


def test_nobody_is_called_anonymous():
    mapped = map_record(told(line(requester="-"))[0])

    assert "anonymous caller" in mapped.notes


@pytest.mark.parametrize(
    ("operation", "key", "uses"),
    [
        ("REST.GET.OBJECT", "k", {"s3:GetObject": "arn:aws:s3:::b1/k"}),
        ("REST.COPY.OBJECT_GET", "k", {"s3:GetObject": "arn:aws:s3:::b1/k"}),
        ("REST.COPY.OBJECT", "k", {"s3:PutObject": "arn:aws:s3:::b1/k"}),
        ("REST.GET.BUCKET", "-", {"s3:ListBucket": "arn:aws:s3:::b1"}),
        ("REST.GET.ACL", "-", {"s3:GetBucketAcl": "arn:aws:s3:::b1"}),
        ("REST.GET.ACL", "k", {"s3:GetObjectAcl": "arn:aws:s3:::b1/k"}),
        ("S3.EXPIRE.OBJECT", "k", {}),
        ("REST.OPTIONS.PREFLIGHT", "-", {}),
        ("REST.INVENT.TOMORROW", "k", {}),
    ],
)
def test_an_operation_is_the_use_of_an_action_on_what_it_names(operation, key, uses):
    mapped = map_record(told(line(operation=operation, key=key, uri="-"))[0])

    assert uses == {use.action: use.resources[0] for use in mapped.uses}
    assert uses or mapped.notes


def test_an_operation_nobody_knows_is_told_as_unknown_not_as_an_action():
    mapped = map_record(told(line(operation="REST.INVENT.TOMORROW"))[0])

    assert any("`REST.INVENT.TOMORROW`" in note for note in mapped.notes)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("200 -", None, "success"),
        ("206 -", None, "success"),
        ("304 -", None, "success"),
        ("304 NotModified", None, "success"),
        ("403 AccessDenied", "AccessDenied", "denied"),
        ("403 -", "403", "denied"),
        ("403 SignatureDoesNotMatch", "SignatureDoesNotMatch", "unauthenticated"),
        ("404 NoSuchKey", "NoSuchKey", "failed"),
        ("404 -", "404", "failed"),
        ("200 InternalError", "InternalError", "indeterminate"),
        ("503 SlowDown", "SlowDown", "indeterminate"),
        ("307 -", "307", "indeterminate"),
        ("400 BadDigest", "BadDigest", "indeterminate"),
    ],
)
def test_the_status_says_how_it_ended(status, code, outcome):
    (record,) = told(line(status=status))

    assert (code, outcome) == (record.get("errorCode"), map_record(record).outcome.value)


@pytest.mark.parametrize(
    ("logged", "uri", "key"),
    [
        ("my%20key", '"GET /my%20key HTTP/1.1"', "my key"),
        ("my%2520key", '"GET /my%20key HTTP/1.1"', "my key"),
        ("my%2520key", '"GET /my%2520key HTTP/1.1"', "my%20key"),
        ("my%2520key", '"GET /b1/my%20key?x-id=GetObject HTTP/1.1"', "my key"),
        ("my+key", '"GET /my%20key HTTP/1.1"', "my key"),
        ("my+key", '"GET /my%2Bkey HTTP/1.1"', "my+key"),
        ("my%20key", "-", "my key"),
        ("caf%C3%A9", "-", "café"),
        ("bad%FF", "-", "bad%FF"),
    ],
)
def test_the_key_is_the_one_that_s3_knows(logged, uri, key):
    """The log encodes a key once, in some cases twice; the request tells which."""
    (record,) = told(line(key=logged, uri=uri))

    assert key == record["requestParameters"]["key"]
    assert (logged if logged != key else None) == record["additionalEventData"].get("keyAsLogged")


def test_a_user_agent_with_quotes_and_blanks_does_not_move_the_fields_behind_it():
    (record,) = told(line(agent='"evil" 200 - 1 1 1 1 "-" "agent"'))

    assert 'evil" 200 - 1 1 1 1 "-" "agent' == record["userAgent"]
    assert "SigV4" == record["additionalEventData"]["signatureVersion"]


@pytest.mark.parametrize(
    "tail",
    [
        "-",
        "- h1 SigV2 ECDHE AuthHeader b1.s3.amazonaws.com",
        "- h1 SigV4 ECDHE AuthHeader b1.s3.amazonaws.com TLSv1.2 - Yes us-west-2 tomorrow",
    ],
    ids=["18 fields", "23 fields", "28 fields"],
)
def test_old_and_future_lines_are_read(tail):
    (record,) = told(line(tail=tail))

    assert "GetObject" == record["eventName"]
    assert ("tomorrow" if "tomorrow" in tail else None) == record["additionalEventData"].get("field28")


def test_the_source_region_and_the_need_of_an_acl_are_kept():
    (record,) = told(line(tail="- h1 SigV4 E AuthHeader b1.s3.amazonaws.com TLSv1.2 - Yes us-west-2"))

    assert ("us-west-2", "Yes") == (record["awsRegion"], record["additionalEventData"]["aclRequired"])


def test_a_copys_line_has_no_quotes_at_all():
    text = line().partition(' "GET')[0] + " - 200 - - 13538337 - - - - -"

    (record,) = told(text.replace("REST.GET.OBJECT", "REST.COPY.OBJECT_GET"))

    assert ("GetObject", "13538337") == (record["eventName"], record["additionalEventData"]["objectSize"])


def test_only_a_version_that_was_asked_for_is_a_parameter():
    """The log also shows the version that S3 answered with: that needs no permission on versions."""
    tail = "v1 h1 SigV4 E AuthHeader b1.s3.amazonaws.com TLSv1.2"

    answered = map_record(told(line(tail=tail))[0])
    asked = map_record(told(line(tail=tail, uri='"GET /reports/a.csv?versionId=v1 HTTP/1.1"'))[0])
    deleted = map_record(told(line(tail=tail, uri="-", operation="BATCH.DELETE.OBJECT"))[0])

    assert ["s3:GetObject"] == [use.action for use in answered.uses]
    assert ["s3:GetObjectVersion"] == [use.action for use in asked.uses]
    assert ["s3:DeleteObjectVersion"] == [use.action for use in deleted.uses]


def test_the_prefix_of_a_listing_is_a_condition():
    uri = '"GET /b1?list-type=2&prefix=a%2F&delimiter=/ HTTP/1.1"'

    mapped = map_record(told(line(operation="REST.GET.BUCKET", key="-", uri=uri))[0])

    assert {"s3:prefix": "a/"}.items() <= dict(mapped.uses[0].conditions).items()


def test_a_request_through_an_access_point_is_evaluated_on_the_access_point():
    point = "arn:aws:s3:us-west-2:111122223333:accesspoint/ap"

    mapped = map_record(told(line(tail=f"- h1 SigV4 E AuthHeader h TLSv1.2 {point}"))[0])

    assert (f"{point}/object/reports/a.csv",) == mapped.uses[0].resources


def test_a_signed_urls_signature_and_token_are_taken_out():
    query = "X-Amz-Signature=5e9&X-Amz-Credential=AKIA/1&X-Amz-Security-Token=hunter2&Signature=abc&x-id=GetObject"

    (record,) = told(line(uri=f'"GET /reports/a.csv?{query} HTTP/1.1"'))

    uri = record["additionalEventData"]["requestUri"]
    assert "X-Amz-Signature=***&X-Amz-Credential=AKIA/1&X-Amz-Security-Token=***&Signature=***&x-id=GetObject" in uri
    assert "hunter2" not in json.dumps(record)


def test_a_line_that_cannot_be_read_is_set_aside_without_its_signature():
    found = told(line(), f"{OWNER} b1 nonsense ?Signature=hunter2&x=1", line())

    assert Broken("not_an_access_log_line", f"{OWNER} b1 nonsense ?Signature=***&x=1".encode()) == found[1]
    assert 3 == len(found)


@pytest.mark.parametrize(
    "bad",
    [
        line().replace("06/Feb", "31/Feb"),
        line().replace("[06/Feb/2019:00:00:38 +0000]", "[yesterday]"),
        line().replace(" 113 1024 ", " many 1024 "),
        line() + "x" * (1 << 20),
    ],
    ids=["no such day", "no time", "a word for a number", "too long"],
)
def test_a_line_with_an_impossible_field_is_set_aside(bad):
    assert ["not_an_access_log_line"] == [piece.reason for piece in told(line(), bad)[1:]]


def test_the_same_request_has_the_same_id_however_it_was_delivered():
    as_json = {
        "schema_version_id": "V_1_0",
        "bucket_arn": "arn:aws:s3:::b1",
        "bucket_name": "b1",
        "request_time": "2019-02-06T00:00:38.000Z",
        "requester": ROLE,
        "request_id": "3E57427F3EXAMPLE",
        "operation": "REST.GET.OBJECT",
        "key_name": "reports/a.csv",
        "request_uri": "GET /reports/a.csv HTTP/1.1",
        "http_status": 200,
        "error_code": None,
        "remote_ip": "192.0.2.3",
    }

    (from_json,) = told(json.dumps(as_json))
    lines = told(line(), line(), line(key="other"), line(operation="REST.PUT.OBJECT"), line(request_id="OTHER"))

    assert lines[0]["eventID"] == lines[1]["eventID"] == from_json["eventID"]
    assert 4 == len({record["eventID"] for record in lines})
    same = ("eventName", "userIdentity", "requestParameters", "resources", "sourceIPAddress")
    assert [lines[0][name] for name in same] == [from_json[name] for name in same]


def test_access_logs_in_a_subscription_of_cloudwatch_are_read():
    message = json.dumps(
        {"operation": "REST.GET.OBJECT", "request_id": "R", "bucket_name": "b1", "request_time": "2019-02-06T00:00:38Z"}
    )

    found = pieces_of(json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": message}]}).encode())

    assert ("s3_access", 1) == (found.kind, len(found.pieces))
    assert "GetObject" == json.loads(found.pieces[0])["eventName"]


@pytest.mark.parametrize("missing", ["request_time", "bucket_name"])
def test_a_request_as_json_without_its_time_or_bucket_is_set_aside(missing):
    whole = {
        "operation": "REST.GET.OBJECT",
        "request_id": "R",
        "bucket_name": "b1",
        "request_time": "2019-02-06T00:00:38Z",
    }
    whole |= {"bucket_arn": ""}

    found = told(json.dumps({name: value for name, value in whole.items() if name != missing}))

    assert ["not_an_access_log_line"] == [piece.reason for piece in found]


@pytest.mark.parametrize(
    "hostile", ['" "' * 60_000, "token." * 30_000, "signature" * 20_000, "?a&" * 60_000, '" 200 ' * 30_000]
)
def test_a_line_made_to_be_slow_is_not(hostile):
    """A pattern that goes back over such a line takes minutes; the longest true line takes a millisecond."""
    begun = time.process_time()

    found = told(line(uri=f'"GET /?{hostile} HTTP/1.1"'), line(agent=f'"{hostile}"'))

    assert 2 == len(found)
    assert 5 > time.process_time() - begun
