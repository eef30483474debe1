"""Sixty small log objects: good, odd and broken ones, some records delivered twice, over four event days."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

ACCOUNTS = ("111122223333", "444455556666")
OBJECTS = 60


def record(number, **changed):
    """Return the record of one call; its number says which day it is of."""
    account = ACCOUNTS[number % 2]
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-0{1 + number // 3 % 4}T{number % 24:02}:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetRole",
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "eventID": f"event-{number:05}",
        "readOnly": True,
        "awsRegion": "us-east-1",
        "recipientAccountId": account,
        "requestParameters": {"roleName": f"r{number}"},
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{account}:user/ann",
            "accountId": account,
            "principalId": "AIDAANN",
            "userName": "ann",
        },
        **changed,
    }


def body(number):
    """Return the bytes of one object, unzipped."""
    if number % 20 == 13:
        return b"not a log %d" % number
    first = number * 5
    records = [record(first + step) for step in range(6)]  # the last is also the next object's first
    odd = [number] if number % 10 == 7 else []
    return json.dumps({"Records": [*records, *odd]}).encode()


def key(number):
    """Return the object's path as AWS lays it out."""
    account, day = ACCOUNTS[number % 2], 1 + number * 4 // OBJECTS
    return (
        f"AWSLogs/{account}/CloudTrail/us-east-1/2026/11/0{day}/"
        f"{account}_CloudTrail_us-east-1_202611{day:02}T0000Z_{number:04}.json.gz"
    )


def write_logs(folder: Path, numbers=range(OBJECTS)) -> Path:
    """Write the objects below *folder*."""
    for number in numbers:
        path = folder / key(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(body(number), mtime=0))
    return folder


def event_ids(numbers=range(OBJECTS)):
    """Return the ids of all events in the objects."""
    bodies = [body(number) for number in numbers]
    parsed = [json.loads(text)["Records"] for text in bodies if text.startswith(b"{")]
    return sorted({r["eventID"] for records in parsed for r in records if isinstance(r, dict)})
