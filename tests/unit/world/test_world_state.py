"""The state files are what the AWS CLI prints, and agree with the logs."""

import importlib.util
import json
from pathlib import Path

import pytest

from iamaudit.errors import ConfigError
from iamaudit.world import small_world

_SPEC = importlib.util.spec_from_file_location("world_checker_for_state", Path(__file__).with_name("checker.py"))
checker = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(checker)


def _report(world):
    paths = sorted(world.state.glob("credential-report-*"))
    return {row["arn"]: row for path in paths for row in checker.report_rows(path)}


def test_both_shapes_of_a_credential_report_are_there(world):
    suffixes = sorted(path.suffix for path in world.state.glob("credential-report-*"))

    assert suffixes == [".csv", ".csv", ".csv", ".json", ".json"]


def test_one_account_has_no_password_policy(world):
    answers = {path.stem.rpartition("-")[2]: path.read_text() for path in world.state.glob("password-policy-*.json")}

    without = {account for account, text in answers.items() if "NoSuchEntity" in text}

    assert set(world.accounts) == set(answers)
    assert {"444455556666"} == without


def test_idle_credentials_are_old_in_the_report(world, truth):
    report = _report(world)

    for idle in truth["idle_credentials"]:
        row = report[idle["user"]]
        column = "password_last_used" if idle["credential"] == "password" else f"{idle['credential']}_last_used_date"
        assert row[column] in {"N/A", "no_information"} or row[column] < f"{world.window_start:%Y-%m-%dT%H:%M:%S}"


def test_the_idle_are_the_ones_we_meant(truth):
    idle = {(row["user"].rpartition("/")[2], row["credential"]) for row in truth["idle_credentials"]}

    assert {
        ("frank", "password"), ("frank", "access_key_1"), ("heidi", "password"), ("judy", "access_key_1"), ("kim", "access_key_2"),
        ("peter", "password"), ("tableau", "access_key_2"), ("victor", "password"), ("victor", "access_key_1"),
    } == idle  # fmt: skip
    assert {"frank", "judy", "peter", "victor"} == {arn.rpartition("/")[2] for arn in truth["idle_users"]}
    assert {"break-glass-admin", "audit-readonly", "export-to-partner", "dev-old-worker", "billing-export"} == {
        row["arn"].rpartition("/")[2] for row in truth["idle_roles"]
    }
    assert {"frank", "ivan", "nina", "victor"} == {arn.rpartition("/")[2] for arn in truth["users_without_mfa"]}


def test_used_keys_are_dated_by_their_last_record(world, records):
    row = _report(world)["arn:aws:iam::222233334444:user/svc-backup"]

    used = [r["eventTime"] for r in records if r["userIdentity"].get("userName") == "svc-backup"]

    assert max(used).replace("Z", "+00:00") == row["access_key_1_last_used_date"]


def test_root_signed_in_once_with_mfa(records, truth):
    logins = [r for r in records if r["eventName"] == "ConsoleLogin" and r["userIdentity"]["type"] == "Root"]

    assert [login["additionalEventData"]["MFAUsed"] for login in logins] == ["Yes"]
    assert logins[0]["eventID"] in {use["event_id"] for use in truth["root_uses"]}


def test_unique_ids_in_the_records_are_those_of_the_state(world, records):
    known = set()
    for path in world.state.glob("authorization-details-*.json"):
        details = json.loads(path.read_text())
        known |= {u["UserId"] for u in details["UserDetailList"]} | {r["RoleId"] for r in details["RoleDetailList"]}

    seen = {
        r["userIdentity"]["principalId"].partition(":")[0]
        for r in records
        if r["userIdentity"].get("type") in {"IAMUser", "AssumedRole"} and "principalId" in r["userIdentity"]
    }

    assert seen <= known
    assert len(seen) > 30


def test_managed_policies_are_exported_with_their_documents(world):
    for path in world.state.glob("authorization-details-*.json"):
        details = json.loads(path.read_text())
        exported = {policy["Arn"] for policy in details["Policies"]}
        attached = {
            policy["PolicyArn"]
            for kind in ("UserDetailList", "GroupDetailList", "RoleDetailList")
            for holder in details[kind]
            for policy in holder["AttachedManagedPolicies"]
        }
        assert attached <= exported


def test_one_account_exports_percent_encoded_documents(world):
    details = json.loads((world.state / "authorization-details-333344445555.json").read_text())

    documents = [role["AssumeRolePolicyDocument"] for role in details["RoleDetailList"]]

    assert all(isinstance(document, str) and document.startswith("%7B") for document in documents)


def test_every_service_control_policy_has_its_targets(world):
    value = json.loads((world.state / "organization.json").read_text())

    assert {p["PolicySummary"]["Name"]: len(p["Targets"]) for p in value["Policies"]} == {
        "FullAWSAccess": 8,
        "only-our-regions": 2,
    }
    assert len(value["Accounts"]) == 5


def test_a_world_without_days_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must be positive"):
        small_world(tmp_path, days=0)


def test_a_second_world_does_not_mix_with_the_first(tmp_path):
    small_world(tmp_path)

    with pytest.raises(ConfigError, match="already"):
        small_world(tmp_path, seed=8)


def test_every_reserved_role_is_of_a_permission_set_that_its_user_has(world):
    center = json.loads((world.state / "identity-center.json").read_text())
    names = {
        entry["PermissionSet"]["PermissionSetArn"]: entry["PermissionSet"]["Name"] for entry in center["PermissionSets"]
    }
    roles = {
        (path.stem.rpartition("-")[2], role["RoleName"].split("_")[1])
        for path in world.state.glob("authorization-details-*.json")
        for role in json.loads(path.read_text())["RoleDetailList"]
        if role["RoleName"].startswith("AWSReservedSSO_")
    }

    assigned = {(entry["AccountId"], names[entry["PermissionSetArn"]]) for entry in center["AccountAssignments"]}

    assert roles == assigned
    assert {"222233334444", "555566667777"} == {account for account, name in assigned if name == "ReadOnly"}


def test_sessions_of_a_permission_set_are_of_people_that_it_is_assigned_to(world, records):
    center = json.loads((world.state / "identity-center.json").read_text())
    people = {entry["Name"] for entry in center["Principals"] if entry["PrincipalType"] == "USER"}

    sessions = {
        record["userIdentity"]["arn"].rpartition("/")[2]
        for record in records
        if ":assumed-role/AWSReservedSSO_" in record["userIdentity"].get("arn", "")
    }

    assert people == sessions


def test_policies_have_tags_of_their_own_file(world):
    texts = [path.read_text() for path in world.state.glob("tags-*.json")]

    assert len(world.accounts) == len(texts)
    assert any(entry["Tags"] for text in texts for entry in json.loads(text)["TagsOf"])
