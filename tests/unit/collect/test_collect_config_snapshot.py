"""IAM items of Config snapshots become the same tables as authorization details."""

import gzip
import json
from urllib.parse import quote

ACCOUNT = "111122223333"


def item(
    kind: str, name: str, configuration: object, *, at: str = "2026-10-01T00:00:00Z", **more: object
) -> dict[str, object]:
    return {
        "configurationItemCaptureTime": at,
        "configurationItemStatus": "OK",
        "configurationStateId": "1",
        "awsAccountId": ACCOUNT,
        "resourceType": f"AWS::IAM::{kind}",
        "resourceId": f"ID{name}",
        "ARN": f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/{name}",
        "awsRegion": "global",
        "configuration": configuration,
        **more,
    }


def role(name: str, **more: object) -> dict[str, object]:
    document = {"Version": "2012-10-17", "Statement": []}
    return {
        "path": "/",
        "roleName": name,
        "roleId": f"ID{name}",
        "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "createDate": "2025-01-01T00:00:00.000Z",
        "assumeRolePolicyDocument": quote(json.dumps(document)),
        "rolePolicyList": [],
        "attachedManagedPolicies": [],
        "permissionsBoundary": None,
        "tags": [{"key": "Team", "value": "a+b"}],
        **more,
    }


def snapshot(*items: dict[str, object]) -> dict[str, object]:
    return {"fileVersion": "1.0", "configSnapshotId": "x", "configurationItems": list(items)}


def test_lower_camel_members_and_encoded_documents_are_understood(collected, rows):
    inline = [{"policyName": "own", "policyDocument": quote('{"Statement":{"Sid":"a+b"}}', safe="+")}]
    body = snapshot(item("Role", "app", role("app", rolePolicyList=inline, roleLastUsed={})))
    capture = collected({"snap.json.gz": gzip.compress(json.dumps(body).encode())})

    [principal] = rows(capture, "principals", "account_id", "name", "tags", "last_used_known")
    documents = rows(capture, "policies", "document")

    assert {"account_id": ACCOUNT, "name": "app", "tags": '{"Team":"a+b"}', "last_used_known": False} == principal
    assert [{"document": '{"Statement":{"Sid":"a+b"}}'}] == documents


def test_the_four_types_make_principals_policies_attachments_and_memberships(collected, rows):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/reports"
    versions = [{"document": quote("{}"), "versionId": "v1", "isDefaultVersion": True}]
    common = {"path": "/", "attachedManagedPolicies": [{"policyName": "reports", "policyArn": arn}]}
    capture = collected(
        {
            "snap.json": snapshot(
                item("User", "alice", {"userName": "alice", "groupList": ["devs"], **common}),
                item("Group", "devs", json.dumps({"groupName": "devs", **common})),
                item("Role", "app", role("app")),
                item("Policy", "reports", {"policyName": "reports", "arn": arn, "policyVersionList": versions}),
            )
        }
    )

    assert {ACCOUNT: {"users": 1, "groups": 1, "roles": 1, "policies": 1, "credentials": 0}} == capture.accounts
    assert 2 == capture.tables["attachments"].num_rows
    assert 1 == capture.tables["memberships"].num_rows
    assert [{"document": "{}", "version_id": "v1"}] == rows(capture, "policies", "document", "version_id")


def test_the_newest_state_counts_and_a_deleted_role_is_gone(collected, rows):
    capture = collected(
        {
            "a.json": snapshot(
                item("Role", "old", role("old"), at="2026-10-01T00:00:00Z"),
                item("Role", "gone", role("gone"), at="2026-10-01T00:00:00Z"),
                item("Role", "old", role("old", path="/new/"), at="2026-10-02T00:00:00Z"),
            ),
            "b.json": snapshot(
                item("Role", "gone", None, at="2026-10-03T00:00:00Z", configurationItemStatus="ResourceDeleted")
            ),
        }
    )

    found = rows(capture, "principals", "name", "path")

    assert [{"name": "old", "path": "/new/"}] == found


def test_equal_times_are_decided_by_the_higher_state_id(collected, rows):
    capture = collected(
        {
            "a.json": snapshot(
                item("Role", "app", role("app", path="/ten/"), configurationStateId="10"),
                item("Role", "app", role("app", path="/nine/"), configurationStateId="9"),
            )
        }
    )

    found = rows(capture, "principals", "path")

    assert [{"path": "/ten/"}] == found


def test_authorization_details_win_over_config(aws, collected, rows, why):
    capture = collected(
        {
            "a.json": aws.details(UserDetailList=[aws.user("alice")]),
            "snap.json": snapshot(item("Role", "app", role("app"))),
        }
    )

    found = rows(capture, "principals", "name")

    assert [{"name": "alice"}] == found
    assert 1 == len(why(capture, "Config snapshot"))


def test_a_snapshot_without_iam_says_where_iam_is(collected, why):
    capture = collected({"snap.json": snapshot({**item("Role", "x", {}), "resourceType": "AWS::S3::Bucket"})})

    reasons = why(capture, "file `snap.json`")

    assert "a region where the recorder includes global resources" in reasons[0]


def test_an_aws_managed_policy_in_config_has_no_document(collected, why):
    attached = [{"policyName": "ReadOnlyAccess", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    capture = collected({"snap.json": snapshot(item("Role", "app", role("app", attachedManagedPolicies=attached)))})

    reasons = why(capture, "AWS-managed policy `arn:aws:iam::aws:policy/ReadOnlyAccess`")

    assert 1 == len(reasons)
