"""Mapping against real records: AWS's own denials, CloudTrail's own resources, every sample we have."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from iamaudit.usage.map import map_line, map_record

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not beside the repository")


def lines(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line]


def samples():
    with gzip.open(DATA / "cloudtrail" / "mixed_real.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    for path in sorted((DATA / "cloudtrail" / "record_versions").iterdir()):
        whole = json.loads(path.read_text(encoding="utf-8"))
        found += whole["Records"] if isinstance(whole, dict) and "Records" in whole else [whole]
    for path in sorted((DATA / "cloudtrail" / "invictus").rglob("*.gz")):
        found += json.loads(gzip.decompress(path.read_bytes()))["Records"]
    return found


def denied(row):
    who = {"type": "IAMUser", "arn": row["principal"], "accountId": row["account"]}
    return {**row, "errorCode": "AccessDenied", "recipientAccountId": row["account"], "userIdentity": who}


def test_every_denial_is_mapped_to_the_action_aws_named():
    rows = lines("denied_ground_truth.jsonl")

    wrong = [r["eventID"] for r in rows if [u.action for u in map_record(denied(r)).uses] != [r["iam_action"]]]

    assert len(rows) == 37
    assert [] == wrong


def test_every_denial_is_mapped_to_the_resource_aws_named():
    rows = [row for row in lines("denied_ground_truth.jsonl") if row["resource"]]

    wrong = [r["eventID"] for r in rows if map_record(denied(r)).uses[0].resources != (r["resource"],)]

    assert rows
    assert [] == wrong


def test_the_tables_alone_find_the_denied_action_too():
    """Without AWS's words; `iam:Action` is a made-up name in the fixtures and cannot be found."""
    rows = [row for row in lines("denied_ground_truth.jsonl") if row["iam_action"] != "iam:Action"]

    wrong = [
        row["eventID"]
        for row in rows
        if row["iam_action"] not in {u.action for u in map_record({**denied(row), "errorMessage": ""}).uses}
    ]

    assert rows
    assert [] == wrong


def mapped_resources(row, *, with_resources):
    who = {"type": row["userIdentity_type"], "accountId": row["recipientAccountId"]}
    record = {**row, "userIdentity": who}
    if not with_resources:
        del record["resources"]
    return {arn for use in map_record(record).uses for arn in use.resources}


def test_resources_are_what_cloudtrail_says_and_every_miss_is_explained():
    """Ten calls are services assuming roles by trust policy (no use); `ssm:PutInventory` takes no resource."""
    rows = lines("event_resource_truth.jsonl")

    missed = Counter(
        (row["eventName"], row["userIdentity_type"])
        for row in rows
        if mapped_resources(row, with_resources=True) != {entry["ARN"] for entry in row["resources"]}
    )

    assert missed == {("AssumeRole", "AWSService"): 10, ("PutInventory", "AssumedRole"): 2}
    assert sum(missed.values()) <= 0.05 * len(rows)


def test_resources_are_found_without_cloudtrails_help_unless_a_key_is_hidden_by_its_alias():
    rows = [
        row
        for row in lines("event_resource_truth.jsonl")
        if row["eventSource"] != "kms.amazonaws.com" and row["userIdentity_type"] != "AWSService"
    ]

    right = [
        row
        for row in rows
        if mapped_resources(row, with_resources=False) == {entry["ARN"] for entry in row["resources"]}
    ]

    assert len(right) >= 0.95 * len(rows)


def test_every_real_record_is_mapped_and_becomes_a_line():
    records = samples()

    out = [json.dumps(map_line(map_record(record))) for record in records]

    assert len(records) > 3000
    assert len(records) == len(out)


def test_every_record_has_a_use_or_says_why_not():
    silent = [m for m in map(map_record, samples()) if not m.uses and not m.notes]

    assert [] == silent
