"""Log objects as they come through every transport, and text that only looks like one, for the laws of the formats."""

from __future__ import annotations

import base64
import gzip
import json

from hypothesis import strategies as st


def zipped(text):
    return base64.b64encode(gzip.compress(text, mtime=0)).decode()


def plain64(text):
    return base64.b64encode(text).decode()


def lines(texts):
    return b"".join(text + b"\n" for text in texts)


def as_json(value):
    return json.dumps(value).encode()


def subscription(texts):
    events = [{"id": str(at), "timestamp": 0, "message": text.decode()} for at, text in enumerate(texts)]
    return as_json(
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s", "logEvents": events}
    )


# name -> a function from the JSON texts of records to the bytes of an object that carries them
TRANSPORTS = {
    "log object": lambda texts: b'{"Records":[' + b",".join(texts) + b"]}",
    "bare list": lambda texts: b"[" + b",".join(texts) + b"]",
    "JSON lines": lines,
    "JSON lines of Windows": lambda texts: b"".join(text + b"\r\n" for text in texts),
    "one behind the other": b"".join,
    "pretty, one behind the other": lambda texts: "\n".join(
        json.dumps(json.loads(t), indent=1) for t in texts
    ).encode(),
    "log objects one behind the other": lambda texts: b"".join(b'{"Records":[' + text + b"]}" for text in texts),
    "LookupEvents": lambda texts: as_json({"Events": [{"CloudTrailEvent": text.decode()} for text in texts]}),
    "EventBridge lines": lambda texts: lines(
        b'{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","detail":' + text + b"}" for text in texts
    ),
    "EventBridge one behind the other": lambda texts: b"".join(
        b'{"detail-type":"AWS API Call via CloudTrail","detail":' + text + b"}" for text in texts
    ),
    "subscription": subscription,
    "subscriptions one behind the other": lambda texts: b"".join(subscription([text]) for text in texts),
    "a Lambda event of CloudWatch Logs": lambda texts: as_json({"awslogs": {"data": zipped(subscription(texts))}}),
    "a Lambda event of Kinesis": lambda texts: as_json(
        {
            "Records": [
                {
                    "eventSource": "aws:kinesis",
                    "eventName": "aws:kinesis:record",
                    "kinesis": {"data": zipped(subscription([text]))},
                }
                for text in texts
            ]
        }
    ),
    "GetRecords": lambda texts: as_json({"Records": [{"SequenceNumber": "1", "Data": plain64(t)} for t in texts]}),
    "a Lambda event of Firehose": lambda texts: as_json(
        {"invocationId": "i", "records": [{"recordId": "r", "data": plain64(lines([text]))} for text in texts]}
    ),
    "an export of CloudWatch Logs": lambda texts: lines(b"2026-11-01T00:00:00.000Z " + text for text in texts),
    "notifications of SNS": lambda texts: lines(
        as_json(
            {
                "Type": "Notification",
                "TopicArn": "t",
                "Message": json.dumps({"detail-type": "x", "detail": json.loads(text)}),
            }
        )
        for text in texts
    ),
    "eventjson of CloudTrail Lake": lambda texts: lines(
        as_json({"eventid": "x", "eventtime": "2026-11-01 00:00:00.000", "eventjson": text.decode()}) for text in texts
    ),
    "GetQueryResults": lambda texts: as_json({"QueryResultRows": [[{"eventjson": text.decode()}] for text in texts]}),
    "UTF-16": lambda texts: ("\ufeff" + (b'{"Records":[' + b",".join(texts) + b"]}").decode()).encode("utf-16-le"),
}

# pieces of every format, thrown together: they find what a reader trips over
_FRAGMENTS = [
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\n", b"\t", b" ", b"-", b"\xff", b"\x00", b"5", b"null",
    b'{"Records":[', b'{"eventName":"GetObject","eventTime":"2026-11-01T00:00:00Z"}', b'{"eventtime":"x","eventname":"y"}',
    b'{"messageType":"CONTROL_MESSAGE","logEvents":[{}]}', b'{"messageType":"DATA_MESSAGE","logEvents":[{"message":"{}"},5]}',
    b'{"awslogs":{"data":"####"}}', b'{"awslogs":{"data":"H4sI"}}', b'{"data":"e30="}', b'{"CloudTrailEvent":"{}"}',
    b'{"detail-type":"x","detail":{"detail-type":"y","detail":', b'{"class_uid":6003,"metadata":{}}',
    b'{"class_uid":6003,"metadata":{"product":{"name":"CloudTrail"},"uid":5},"unmapped":{"a.b":"1","a":"2"},"time":1e300}',
    b'{"operation":"REST.GET.OBJECT","request_id":"r","bucket_name":"b","request_time":"2026-11-01T00:00:00.000Z"}',
    b'{"x-edge-request-id":"e","date":"2026-11-01","time":"00:00:00"}', b'{"TopicArn":"t","Message":"{}"}',
    b'{"configurationItemStatus":"OK"}', b'{"QueryResultRows":[[{"eventJson":"{}"}],5]}', b"eventtime,eventname\n", b'"a",b,c\n',
    b"#Version: 1.0\n", b"#Fields: date time x-edge-request-id\n", b"2026-11-01\t00:00:00\tid\n", b"aws-logs-write-test\n",
    b"2026-11-01T00:00:00.000Z ", b"o b [06/Feb/2019:00:00:38 +0000] ", b"1.2.3.4 - R REST.GET.OBJECT k%2520 ",
    b'"GET /b/k?versionId=1 HTTP/1.1" 200 - 1 1 1 1 "-" "a "b" c" - h', b"PAR1", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf",
]  # fmt: skip
scraps = st.lists(st.sampled_from(_FRAGMENTS) | st.binary(max_size=5), max_size=14).map(b"".join)
