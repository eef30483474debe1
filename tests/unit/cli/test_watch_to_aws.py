"""The whole way of something shared: its bundle applied in AWS, a holder refused, and what was refused given back there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from iamaudit.stages.apply import apply_below, aws_accounts
from tests.unit.cli.conftest import allow, record
from tests.unit.cli.test_watch_shared import entry

ACCOUNT = "123456789012"  # moto's
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
OPS = f"arn:aws:iam::{ACCOUNT}:group/ops"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/shared"
OLD, NEW = allow("iam:*"), allow("iam:GetRole")
CHANGES = {
    "group": (OPS, Change(ChangeKind.PUT_INLINE_POLICY, OPS, "p", json.dumps(NEW), json.dumps(OLD))),
    "policy": (POLICY, Change(ChangeKind.CREATE_POLICY_VERSION, "", POLICY, json.dumps(NEW), json.dumps(OLD))),
}


@pytest.fixture
def iam(made_up_aws):
    """An account in which ann is in a group, and has a policy, that allow everything in IAM."""
    iam = boto3.client("iam")
    iam.generate_credential_report()  # else collecting waits for it
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="ops")
    iam.add_user_to_group(GroupName="ops", UserName="ann")
    return iam


def granted(iam, kind):
    """Return what the group or the policy grants in AWS."""
    if kind == "policy":
        version = iam.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
        documents = [iam.get_policy_version(PolicyArn=POLICY, VersionId=version)["PolicyVersion"]["Document"]]
    else:
        names = iam.list_group_policies(GroupName="ops")["PolicyNames"]
        documents = [iam.get_group_policy(GroupName="ops", PolicyName=name)["PolicyDocument"] for name in names]
    actions = [statement["Action"] for document in documents for statement in document["Statement"]]
    return {one for action in actions for one in ([action] if isinstance(action, str) else action)}


def carried_out(place, at):
    """Apply what is below a place at a time; return the fates."""
    results = apply_below(place, aws_accounts(), lambda _: True, lambda: at)
    return [outcome.fate for result in results for outcome in result.outcomes]


@pytest.mark.parametrize("kind", CHANGES)
def test_what_a_shared_bundle_took_away_is_given_back_in_aws(run, iam, tmp_path, kind):
    if kind == "group":
        iam.put_group_policy(GroupName="ops", PolicyName="p", PolicyDocument=json.dumps(OLD))
    else:
        iam.create_policy(PolicyName="shared", PolicyDocument=json.dumps(OLD))
        iam.attach_user_policy(UserName="ann", PolicyArn=POLICY)
    thing, change = CHANGES[kind]
    out, lake = tmp_path / "out", tmp_path / "lake"
    folder = out / ACCOUNT / kind / thing.rpartition("/")[2]
    folder.mkdir(parents=True)
    held = entry(f"{OPS}#p", OPS, OLD) if kind == "group" else entry(POLICY, POLICY, OLD, "customer")
    (folder / "plan.json").write_text(json.dumps(Plan(thing, (change,)).as_json()))
    (folder / "current.json").write_text(json.dumps({"principal": thing, "policies": [held]}))
    (folder / "policy-1.json").write_text(json.dumps(NEW))
    identity = record(3)["userIdentity"] | {"arn": ANN, "accountId": ACCOUNT}
    identity["principalId"] = iam.get_user(UserName="ann")["User"]["UserId"]
    refused = record(3, "DeleteRole", errorCode="AccessDenied", recipientAccountId=ACCOUNT, userIdentity=identity)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": [refused]}))
    asked = ("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-05", "--json")

    first = carried_out(out, datetime(2026, 11, 1, 9, tzinfo=UTC))
    run("ingest", tmp_path / "logs", "--lake", lake)
    assert 0 == run("collect", "--lake", lake, "--as-of", "2026-11-02").code
    told = run(*asked, "--restore")
    smaller = granted(iam, kind)
    second = carried_out(out / "restore", datetime(2026, 11, 3, tzinfo=UTC))
    again = run(*asked)

    assert (["done"], ["done"]) == (first, second)
    assert [("ours", thing)] == [(row["cause"], row["shared"]) for row in told.rows], told.err
    assert ({"iam:GetRole"}, {"iam:GetRole", "iam:DeleteRole"}) == (smaller, granted(iam, kind))
    assert [("restored", thing)] == [(row["cause"], row["shared"]) for row in again.rows]
