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


def test_a_role_that_a_service_assumes_is_named_though_nobody_needed_a_permission():
    rows = [r for r in lines("event_resource_truth.jsonl") if r["userIdentity_type"] == "AWSService"]
    rows = [row for row in rows if row["eventName"] == "AssumeRole"]

    noted = [map_record({**row, "userIdentity": {"type": "AWSService"}}) for row in rows]

    assert len(rows) == 10
    assert [] == [
        row["eventID"]
        for row, mapped in zip(rows, noted, strict=True)
        if mapped.uses or not any(row["resources"][0]["ARN"] in note for note in mapped.notes)
    ]


def own_arns(record):
    """Return the ARNs that CloudTrail lists beside the request; none where a list is empty or of prefixes."""
    listed = record.get("resources")
    return {e["ARN"] for e in listed if isinstance(e, dict) and "ARN" in e} if isinstance(listed, list) else set()


def test_resources_are_found_without_cloudtrails_help_or_the_reason_is_known():
    """A Decrypt names no key, an alias hides it: only the record's own list or the inventory tells the key."""
    rows = [r for r in lines("event_resource_truth.jsonl") if r["userIdentity_type"] != "AWSService"]

    missed = Counter(
        (row["eventName"], row["requestParameters"].get("keyId", "").partition("/")[0])
        for row in rows
        if mapped_resources(row, with_resources=False) != own_arns(row)
    )

    no_resource = {("PutInventory", ""): 2}
    assert missed == {("GenerateDataKey", "alias"): 10, ("Encrypt", "alias"): 10, ("Decrypt", ""): 10, **no_resource}


def test_what_cannot_be_known_without_cloudtrails_help_is_told_with_low_confidence():
    rows = [r for r in lines("event_resource_truth.jsonl") if r["userIdentity_type"] != "AWSService"]

    sure = {
        row["eventName"]
        for row in rows
        for use in map_record({**row, "resources": None, "userIdentity": {"type": "AssumedRole"}}).uses
        if mapped_resources(row, with_resources=False) != own_arns(row) and use.confidence == "high"
    }

    assert sure == {"PutInventory"}  # an action that takes no resource: `*` is what a policy must say


def test_the_list_of_every_sample_is_what_is_told_and_every_other_answer_has_its_reason():
    """Over all samples, made-up ones too: what differs from CloudTrail's list, by why it has to."""
    reasons = Counter()
    for record in samples():
        listed, mapped = own_arns(record), map_record(record)
        told = {arn for use in mapped.uses for arn in use.resources}
        if listed and told != listed:
            reasons[why_other(listed, told, mapped)] += 1

    assert reasons == {
        "no use: a service that assumes a role, or network activity": 38,
        "an object is evaluated, and its bucket listed beside it": 3,
        "the action takes no resource: CreateKey, PutInventory, and a KMS key beside StartLogging": 6,
        "a copy whose source the record does not have": 2,
        "a made-up record, whose request and list do not agree": 5,
    }


def why_other(listed, told, mapped):
    if not mapped.uses:
        return "no use: a service that assumes a role, or network activity"
    if told == {"*"}:
        return "the action takes no resource: CreateKey, PutInventory, and a KMS key beside StartLogging"
    if any(arn == "*" for arn in told):
        return "a copy whose source the record does not have"
    if all(arn in told or any(one.startswith(f"{arn}/") for one in told) for arn in listed):
        return "an object is evaluated, and its bucket listed beside it"
    return "a made-up record, whose request and list do not agree"


def test_every_real_record_is_mapped_and_becomes_a_line():
    records = samples()

    out = [json.dumps(map_line(map_record(record))) for record in records]

    assert len(records) > 3000
    assert len(records) == len(out)


def test_every_record_has_a_use_or_says_why_not():
    silent = [m for m in map(map_record, samples()) if not m.uses and not m.notes]

    assert [] == silent
