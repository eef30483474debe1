"""The whole way: state from AWS, logs, a recommendation, its changes in AWS, the state after them, and back again."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from moto.iam.models import AWSManagedPolicy, iam_backends

from iamaudit.apply.account import open_account
from iamaudit.stages.apply import apply, aws_accounts, find_bundles, plan, rollback

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
NOW = datetime(2026, 11, 12, tzinfo=UTC)


def document(*actions):
    body = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    return json.dumps(body, indent=3)


@pytest.fixture
def iam(made_up_aws):
    """A role with an inline policy, one of its own, one that another role has too, and one of AWS."""
    iam = boto3.client("iam")
    iam.generate_credential_report()  # else collecting waits for it
    for name, path in (("app", "/team/"), ("other", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document("sts:AssumeRole"))
    iam.put_role_policy(RoleName="app", PolicyName="inline", PolicyDocument=document("iam:GetRole", "iam:DeleteRole"))
    iam.create_policy(PolicyName="own", PolicyDocument=document("iam:ListRoles", "iam:DeleteUser"))
    iam.create_policy(PolicyName="shared", PolicyDocument=document("iam:ListUsers", "iam:CreateUser"))
    moments = dict.fromkeys(("CreateDate", "UpdateDate"), "2025-01-01T00:00:00+00:00")
    of_aws = {
        "Path": "/",
        "DefaultVersionId": "v1",
        "Document": json.loads(document("iam:ListGroups", "iam:DeleteGroup")),
    }
    backend = iam_backends[ACCOUNT]["aws"]
    backend.managed_policies[POWER] = AWSManagedPolicy.from_data(
        "PowerUserAccess", ACCOUNT, "us-east-1", of_aws | moments
    )
    for role, arn in (
        ("app", f"arn:aws:iam::{ACCOUNT}:policy/own"),
        ("app", SHARED),
        ("other", SHARED),
        ("app", POWER),
    ):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for thing in (*backend.roles.values(), *backend.managed_policies.values()):
        thing.create_date = thing.update_date = datetime(2025, 1, 1, tzinfo=UTC)  # nothing is fresh
    return iam


def record(number, name):
    """The role's call of IAM on a day of its own."""
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
    issuer = {"type": "Role", "principalId": "AROAAPP", "arn": ROLE, "accountId": ACCOUNT, "userName": "app"}
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-{number + 1:02}T10:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventID": f"event-{number}",
        "readOnly": True,
        "managementEvent": True,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"roleName": "app"} if name == "GetRole" else None,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": session,
            "accountId": ACCOUNT,
            "principalId": "AROAAPP:s",
            "accessKeyId": "ASIAX",
            "sessionContext": {"sessionIssuer": issuer},
        },
    }


@pytest.fixture
def out(run, iam, tmp_path):
    """The bundles of a lake with ten days of logs and the account's state."""
    iam_backends[ACCOUNT]["aws"].roles[iam.get_role(RoleName="app")["Role"]["RoleId"]].id = "AROAAPP"
    names = ["GetRole", "ListRoles", "ListUsers", "ListGroups"]
    (tmp_path / "logs").mkdir()
    records = [record(day, names[day % len(names)]) for day in range(10)]
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": records}))
    run("ingest", tmp_path / "logs", "--lake", tmp_path / "lake")
    collected = run("collect", "--lake", tmp_path / "lake", "--as-of", "2026-11-11")
    assert 0 == collected.code, collected.err
    words = ("--as-of", "2026-11-12", "--window", "10", "--drop-unknown", "--principal", ROLE, "--json")
    done = run("recommend", "--lake", tmp_path / "lake", "--out", tmp_path / "out", *words)
    assert done.rows[0]["bundle"], done.out + done.err
    return tmp_path / "out"


def standing(account):
    """What stands in the account, documents as their very text; the order of attachments means nothing."""
    found = account.read("get_account_authorization_details", Filter=["Role", "LocalManagedPolicy", "AWSManagedPolicy"])
    for role in found["RoleDetailList"]:
        for name in ("RolePolicyList", "AttachedManagedPolicies"):
            role[name] = sorted(role[name], key=lambda one: one["PolicyName"])
    roles = [
        {key: role[key] for key in ("RoleName", "RolePolicyList", "AttachedManagedPolicies")}
        for role in found["RoleDetailList"]
    ]
    policies = [
        {key: one[key] for key in ("Arn", "DefaultVersionId", "PolicyVersionList")} for one in found["Policies"]
    ]
    return json.dumps([roles, policies], sort_keys=True, default=lambda moment: "")


def test_a_recommendation_is_applied_seen_as_done_and_taken_back_byte_for_byte(iam, out):
    account = open_account(boto3.Session(), ACCOUNT)
    before = standing(account)
    bundle, accounts = find_bundles(out)[0], aws_accounts()

    standings = [one.judgement for one in plan(bundle, accounts)]
    applied = apply(bundle, accounts, lambda change: True, lambda: NOW)
    after = [one.judgement.standing.value for one in plan(bundle, accounts)]
    changed = standing(account)
    back = rollback(applied.journal, accounts, lambda: NOW)

    assert {"ready"} == {one.standing.value for one in standings}, standings
    assert applied.is_complete, applied.as_json()
    assert {"done"} == set(after)
    assert before != changed
    assert back.is_complete
    assert before == standing(account)


def test_what_stands_in_aws_afterwards_is_what_was_proposed(iam, out):
    """The role's policies of all kinds together are the documents of the bundle; the other role keeps the shared one."""
    bundle = find_bundles(out)[0]

    apply(bundle, aws_accounts(), lambda change: True, lambda: NOW)

    held = [
        iam.get_role_policy(RoleName="app", PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName="app")["PolicyNames"]
    ]
    for one in iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=one["PolicyArn"])["Policy"]["DefaultVersionId"]
        held.append(iam.get_policy_version(PolicyArn=one["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"])
    assert sorted(map(json.dumps, bundle.proposed)) == sorted(map(json.dumps, held))
    assert "Delete" not in json.dumps(held)
    assert [SHARED] == [
        one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName="other")["AttachedPolicies"]
    ]
