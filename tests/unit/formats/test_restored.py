"""A row of the lake is the record it was made of."""

import json

from iamaudit.formats.record import row_of
from iamaudit.formats.restored import restored_record

RECORD = {
    "eventVersion": "1.08",
    "eventTime": "2026-11-01T10:00:00Z",
    "eventID": "e-1",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "eventType": "AwsApiCall",
    "awsRegion": "eu-west-1",
    "recipientAccountId": "111122223333",
    "readOnly": True,
    "requestParameters": {"bucketName": "b", "key": "k"},
    "resources": [{"ARN": "arn:aws:s3:::b/k", "type": "AWS::S3::Object"}, {"accountId": "1", "ARN": "arn:aws:s3:::b"}],
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "sessionContext": {"x": [1, None]}},
    "managementEvent": False,
    "somethingNew": {"a": 1},
}


def test_a_record_comes_back_whole():
    row = row_of(json.dumps(RECORD).encode())

    assert RECORD == restored_record(row)


def test_resources_with_a_prefix_come_back_too():
    record = {**RECORD, "resources": [{"ARNPrefix": "arn:aws:s3:::b/", "type": "AWS::S3::Object"}]}

    assert record == restored_record(row_of(json.dumps(record).encode()))


def test_a_time_with_another_offset_is_told_in_utc():
    row = row_of(json.dumps({**RECORD, "eventTime": "2026-11-01T12:00:00+02:00"}).encode())

    assert "2026-11-01T10:00:00Z" == restored_record(row)["eventTime"]
