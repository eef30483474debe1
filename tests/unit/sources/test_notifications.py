"""Every way in which AWS announces an object says the same."""

import json

import pytest

from iamaudit.sources.notifications import Notice, NotUnderstoodError, notices

RECORD = {
    "eventSource": "aws:s3",
    "eventName": "ObjectCreated:CompleteMultipartUpload",
    "s3": {"bucket": {"name": "b"}, "object": {"key": "logs/a+b%2Bc%C3%B6.gz", "size": 7, "eTag": "e"}},
}
S3 = json.dumps({"Records": [RECORD]})
WANTED = (Notice("b", "logs/a b+cö.gz", 7, "e"),)


def sns(message: str) -> str:
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Message": message})


@pytest.mark.parametrize(
    "body", [S3, sns(S3), json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": S3}}]})]
)
def test_an_s3_event_is_the_same_in_every_envelope(body):
    assert WANTED == notices(body)


def test_eventbridge_does_not_encode_keys():
    body = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "a+b%2B.gz", "size": 7, "etag": "e"}},
    }

    assert (Notice("b", "a+b%2B.gz", 7, "e"),) == notices(json.dumps(body))


@pytest.mark.parametrize("keys", [["a.gz", "b+c.gz"], "a.gz"])
def test_cloudtrail_and_config_name_their_objects(keys):
    body = json.dumps({"s3Bucket": "b", "s3ObjectKey": keys})

    found = notices(sns(body))

    assert tuple(Notice("b", key) for key in (keys if isinstance(keys, list) else [keys])) == found


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Event": "s3:TestEvent"}),
        sns("CloudTrail validation message."),
        json.dumps({"Records": [{**RECORD, "eventName": "ObjectRemoved:Delete"}]}),
        json.dumps({"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}}),
    ],
)
def test_tests_and_deletions_announce_nothing(body):
    assert () == notices(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[1]",
        "{}",
        "[" * 100_000,
        sns("hello"),
        json.dumps({"Records": [{**RECORD, "eventSource": "aws:ses"}]}),
        json.dumps({"Records": [{**RECORD, "s3": {}}]}),
        json.dumps({"Records": [1]}),
        json.dumps({"s3Bucket": None, "s3ObjectKey": "a"}),
        json.dumps({"s3Bucket": "b", "s3ObjectKey": [1]}),
        json.dumps({"source": "aws.s3", "detail": {}}),
    ],
)
def test_anything_else_is_not_understood(body):
    with pytest.raises(NotUnderstoodError):
        notices(body)
