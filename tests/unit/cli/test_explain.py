"""explain: can it, why, and has it, from the state and the logs of a lake."""

import json

import pytest

from tests.unit.cli.conftest import ACCOUNT, allow, details, record, user

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
AS_OF = ("--as-of", "2026-11-02", "--window", "1")
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def role(arn, trusted, *policies):
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"},
    }
    return {
        "Path": "/ops/",
        "RoleName": arn.rpartition("/")[2],
        "RoleId": "AROADEPLOY",
        "Arn": arn,
        "CreateDate": "2025-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [],
        "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": f"p{n}", "PolicyDocument": policy} for n, policy in enumerate(policies)],
        "Tags": [],
    }


def scp(number, content, *targets):
    summary = {"Id": f"p-{number}", "Name": f"scp-{number}", "Type": "SERVICE_CONTROL_POLICY", "Arn": f"arn:x:{number}"}
    types = {"r": "ROOT", "o": "ORGANIZATIONAL_UNIT"}
    return {
        "PolicySummary": {**summary, "AwsManaged": False},
        "Content": json.dumps(content),
        "Targets": [{"TargetId": target, "Type": types.get(target[0], "ACCOUNT")} for target in targets],
    }


@pytest.fixture(scope="module")
def organised(run, tmp_path_factory):
    """A lake whose account is in a unit that allows IAM only."""
    folder = tmp_path_factory.mktemp("organised")
    (folder / "state").mkdir()
    found = details(user("ann", FULL), user("bob", allow("iam:ListUsers")))
    found["RoleDetailList"] = [role(DEPLOY, {"AWS": ANN}, allow("iam:GetUser"))]
    (folder / "state" / "details.json").write_text(json.dumps(found))
    organization = {
        "Organization": {"Id": "o-1", "MasterAccountId": "999988887777", "FeatureSet": "ALL"},
        "Roots": [
            {"Id": "r-1", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}
        ],
        "OrganizationalUnits": [{"Id": "ou-1", "Arn": "arn:x:ou-1", "Name": "dev", "ParentId": "r-1"}],
        "Accounts": [{"Id": ACCOUNT, "Name": "a", "Arn": "arn:x:a", "Status": "ACTIVE", "ParentId": "ou-1"}],
        "Policies": [scp(1, FULL, "r-1", ACCOUNT), scp(2, allow("iam:*", "sts:*"), "ou-1")],
    }
    (folder / "state" / "organization.json").write_text(json.dumps(organization))
    run("collect", "--from-files", folder / "state", "--lake", folder / "lake", "--as-of", "2026-11-01")
    return folder / "lake"


def asked(run, lake, principal, action, *more):
    (answer,) = run(
        "explain", "--lake", lake, "--principal", principal, "--action", action, *more, *AS_OF, "--json"
    ).rows
    return answer


def test_what_is_granted_and_was_done(run, lake):
    answer = asked(run, lake, ANN, "iam:getrole")

    assert "yes" == answer["can"]
    assert "iam:GetRole" == answer["action"]
    assert answer["reasons"][0].startswith("identity policy `p0`, statement 1 allows `iam:GetRole`")
    assert 2 == sum(use["count"] for use in answer["has"]["uses"])


def test_what_is_not_granted(run, lake):
    answer = asked(run, lake, BOB, "iam:GetRole")

    assert ("no", "identity") == (answer["can"], answer["decided_by"])
    assert "1 other statement does not name the action" in answer["reasons"]
    assert {"state": None, "reason": None, "uses": [], "last_before_window": None, "not_counted": []} == answer["has"]
    assert "the organisation was not collected: service control policies are not known" in answer["caveats"]


def test_a_unit_whose_policies_do_not_allow_is_named(run, organised):
    answer = asked(run, organised, ANN, "ec2:RunInstances")

    assert ("no", "scp") == (answer["can"], answer["decided_by"])
    assert "no service control policy at `ou-1` allows `ec2:RunInstances` on `*`" == answer["reasons"][0]


def test_the_trust_of_a_role_in_the_lake_is_heard(run, organised):
    trusted = asked(run, organised, ANN, "sts:AssumeRole", "--resource", DEPLOY)
    other = asked(run, organised, BOB, "sts:AssumeRole", "--resource", DEPLOY)

    assert ("yes", "resource") == (trusted["can"], trusted["decided_by"])
    assert ("no", "resource") == (other["can"], other["decided_by"])


def test_a_session_has_what_its_role_has(run, organised):
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/nightly"

    answer = asked(run, organised, session, "iam:GetUser", "--resource", ANN)

    assert "yes" == answer["can"]


def test_root_needs_no_policy(run, organised):
    answer = asked(run, organised, f"arn:aws:iam::{ACCOUNT}:root", "iam:GetUser")

    assert ("yes", "service_rule") == (answer["can"], answer["decided_by"])


@pytest.mark.parametrize(
    ("principal", "action", "words"),
    [
        (ANN + "a", "iam:GetRole", f"the principal `{ANN}a` is not in the lake's state"),
        (ANN, "iam:*", "`iam:*` is no action: write it as service:Name"),
        (ANN, "GetRole", "`GetRole` is no action"),
    ],
)
def test_what_cannot_be_asked_is_one_line(run, lake, principal, action, words):
    answer = run("explain", "--lake", lake, "--principal", principal, "--action", action, *AS_OF)

    assert 2 == answer.code
    assert answer.line.startswith(words)


def test_for_people_it_is_sentences(run, lake):
    answer = run("explain", "--lake", lake, "--principal", ANN, "--action", "iam:GetRole", *AS_OF)

    assert "Can it?  yes: `iam:GetRole` on `*`, decided by: identity" in answer.out
    assert "Has it?  used (seen in the window)" in answer.out


def test_the_help_shows_each_way_to_ask_on_a_line_of_its_own(run):
    answer = run("explain", "--help")

    lines = [line.strip() for line in answer.out.splitlines()]
    assert {"explain --lake", "explain --event", "explain --action"} == {
        " ".join(line.split()[:2]) for line in lines if line.startswith("explain --")
    }


@pytest.fixture(scope="module")
def of_several(run, tmp_path_factory):
    """A lake in which ann ran a PartiQL statement that the record leaves out, may do all four, and did one for sure."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "state").mkdir()
    partiql = {"eventSource": "dynamodb.amazonaws.com", "readOnly": False}
    hidden = record(1, "ExecuteStatement", **partiql, requestParameters=None)
    told = record(2, "ExecuteStatement", **partiql, requestParameters={"statement": "SELECT * FROM t"})
    (folder / "log.json").write_text(json.dumps({"Records": [hidden, told]}))
    found = details(user("ann", allow("dynamodb:*")))
    (folder / "state" / "details.json").write_text(json.dumps(found))
    run("ingest", folder / "log.json", "--lake", folder / "lake")
    run("collect", "--from-files", folder / "state", "--lake", folder / "lake", "--as-of", "2026-11-02")
    return folder / "lake"


def test_one_of_several_actions_is_not_told_as_used(run, of_several):
    asked = ("explain", "--lake", of_several, "--principal", ANN, "--action")
    insert = run(*asked, "dynamodb:PartiQLInsert", *AS_OF).out
    select = run(*asked, "dynamodb:PartiQLSelect", *AS_OF).out

    assert "Has it?  unknown" in insert
    assert "success: once on `*`, last 2026-11-01 10:00; nothing says for sure that it was needed" in insert
    assert "Has it?  used (seen in the window)" in select


def test_one_of_several_actions_is_unknown_among_the_grants_and_either_among_the_uses(run, of_several):
    grants = run("grants", "--lake", of_several, *AS_OF, "--json").rows
    uses = run("usage", "--lake", of_several, *AS_OF[:2], "--json").rows

    states = {row["action"]: row["state"] for row in grants if "PartiQL" in row["action"]}
    assert {"unknown", "used"} == set(states.values())
    assert "used" == states["dynamodb:PartiQLSelect"]
    assert {("dynamodb:PartiQLInsert", "either"), ("dynamodb:PartiQLSelect", "high")} <= {
        (row["action"], row["confidence"]) for row in uses
    }
