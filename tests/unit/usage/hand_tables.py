"""The tables written by hand beside this file: their rows, their names in a report, and the record each stands for."""

import csv
import json
from pathlib import Path


def cases(name):
    """Return the rows of `<name>_cases.csv`."""
    path = Path(__file__).parent / f"{name}_cases.csv"
    return tuple(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def event(case):
    """Return how a report names a row about an event."""
    return f"{case['event_source'].partition('.')[0]}-{case['event_name']}"


def record(case):
    """Return a role's successful call with the row's request; `rest_of_the_record`, if there is one, stands above it."""
    return {
        "eventSource": case["event_source"],
        "eventName": case["event_name"],
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "requestParameters": json.loads(case["request_parameters"]),
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333"},
        **json.loads(case.get("rest_of_the_record") or "{}"),
    }
