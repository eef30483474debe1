"""Files are hostile input: whatever stands in them, collecting ends in rows and gaps, never in a crash."""

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.collect.files import collect_files
from tests.amount import examples

ARN = "arn:aws:iam::111122223333"
POLICY = {"PolicyName": "p", "PolicyArn": f"{ARN}:policy/p"}
ENTRY = {"Path": "/", "CreateDate": "2026-01-01T00:00:00Z", "AttachedManagedPolicies": [POLICY], "Tags": [{"Key": "a"}]}
DOCUMENT = {"PolicyName": "i", "PolicyDocument": "%7B%7D"}
ITEM = {
    "resourceType": "AWS::IAM::Role",
    "resourceId": "AROA1",
    "awsAccountId": "111122223333",
    "configurationItemStatus": "OK",
    "configurationItemCaptureTime": "2026-01-01T00:00:00Z",
    "configurationStateId": "1",
    "configuration": {"arn": f"{ARN}:role/r", "roleName": "r", "rolePolicyList": [{"policyName": "x"}]},
}
EXPORTS = [
    {
        "UserDetailList": [{**ENTRY, "Arn": f"{ARN}:user/a", "GroupList": ["g"], "UserPolicyList": [DOCUMENT]}],
        "GroupDetailList": [{**ENTRY, "Arn": f"{ARN}:group/g", "GroupName": "g", "GroupPolicyList": [DOCUMENT]}],
        "RoleDetailList": [
            {
                **ENTRY,
                "Arn": f"{ARN}:role/r",
                "AssumeRolePolicyDocument": {},
                "RoleLastUsed": {"LastUsedDate": "2026-01-01T00:00:00Z"},
                "PermissionsBoundary": {"PermissionsBoundaryArn": f"{ARN}:policy/b"},
            }
        ],
        "Policies": [
            {"Arn": f"{ARN}:policy/p", "PolicyVersionList": [{"IsDefaultVersion": True, "Document": {}}], "Path": "/"}
        ],
    },
    {"fileVersion": "1.0", "configurationItems": [ITEM]},
    {"SummaryMap": {"Users": 1}},
    {"PasswordPolicy": {"MinimumPasswordLength": 8}},
    {"VirtualMFADevices": [{"SerialNumber": f"{ARN}:mfa/m", "User": {"Arn": f"{ARN}:root"}}]},
    {"AccessKeyMetadata": [{"UserName": "a", "AccessKeyId": "AKIA", "CreateDate": "2026-01-01T00:00:00Z"}]},
    {"trailList": [{"Name": "main", "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}]},
    {"IsLogging": True, "StartLoggingTime": 1.5},
    {"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", "EventSelectors": [{}]},
    {
        "JobStatus": "COMPLETED",
        "ServicesLastAccessed": [
            {
                "ServiceNamespace": "s3",
                "LastAuthenticated": "2026-01-01T00:00:00Z",
                "LastAuthenticatedEntity": f"{ARN}:user/a",
                "TrackedActionsLastAccessed": [{"ActionName": "GetObject"}],
            }
        ],
    },
    {
        "Organization": {"Id": "o-1", "MasterAccountId": "111122223333"},
        "Roots": [{"Id": "r-1"}],
        "OrganizationalUnits": [{"Id": "ou-1", "ParentId": "r-1"}],
        "Accounts": [{"Id": "111122223333", "Name": "a", "Status": "ACTIVE", "ParentId": "ou-1"}],
        "Policies": [
            {
                "PolicySummary": {"Id": "p-1", "Name": "n", "Type": "SERVICE_CONTROL_POLICY"},
                "Content": "{}",
                "Targets": [{"TargetId": "r-1"}],
            }
        ],
    },
    {"missing": [{"what": "x", "why": "y"}]},
]
WORDS = st.sampled_from(["", "x", "arn:", f"{ARN}:user/a", "OK", "2026-01-01", "{}", "%7B", "\x00", "\ud800", "ä"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(WORDS, LEAVES, max_size=2)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as its container and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


@st.composite
def spoiled(draw: st.DrawFn) -> list[Any]:
    """Every export, with some of their values replaced by something else."""
    exports = copy.deepcopy(EXPORTS)
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(list(places(exports))))
        container[key] = draw(VALUES)
    return exports


@settings(max_examples=examples(100), deadline=None)
@given(spoiled())
def test_no_spoiled_export_makes_collecting_crash(aws_time, bodies):
    with tempfile.TemporaryDirectory() as name:
        for number, body in enumerate(bodies):
            (Path(name) / f"{number}-111122223333.json").write_text(json.dumps(body))

        capture = collect_files(Path(name), captured_at=aws_time)

    assert set(capture.accounts) <= {"111122223333"} or capture.missing


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_collecting_crash(aws_time, data):
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "file").write_bytes(data)

        capture = collect_files(Path(name), captured_at=aws_time)

    assert capture.missing != ()


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", "N/A", "true", "x", '"', "\r", "2026-01-01T00:00:00Z"]), max_size=6)))
def test_no_report_makes_collecting_crash(aws_time, rows):
    text = "user,arn,user_creation_time,password_enabled\n" + "\n".join(",".join(cells) for cells in rows)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "111122223333.csv").write_text(text)

        capture = collect_files(Path(name), captured_at=aws_time)

    assert capture.missing != ()
