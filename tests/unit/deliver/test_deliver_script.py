"""The scripts run: against moto they do what the plan says, and the rollback takes it back."""

import json

import pytest

from iamaudit.deliver.script import apply_script, rollback_script
from iamaudit.deliver.steps import Held, steps_of
from iamaudit.model.change import Change, ChangeKind

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/team/shared"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/app-own"
POWER = f"arn:aws:iam::{ACCOUNT}:policy/PowerUserAccess"


def document(action):
    """A document with everything that a shell would like to read otherwise."""
    statement = {
        "Effect": "Allow",
        "Action": action,
        "Resource": "arn:aws:s3:::b/'$(touch evil)`\\${aws:username}/* \"x",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)


OLD, NEW = document("s3:*"), document("s3:GetObject")
CHANGES = (
    Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "reads", NEW, OLD),
    Change(ChangeKind.CREATE_POLICY_VERSION, "", SHARED, NEW, OLD),
    Change(ChangeKind.CREATE_POLICY, "", OWN, NEW),
    Change(ChangeKind.ATTACH_POLICY, ROLE, OWN),
    Change(ChangeKind.DETACH_POLICY, ROLE, POWER),
    Change(ChangeKind.DELETE_INLINE_POLICY, ROLE, "never-used", None, OLD),
)


@pytest.fixture
def iam(session):
    iam = session.client("iam")
    iam.create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument=OLD)
    iam.put_role_policy(RoleName="app", PolicyName="reads", PolicyDocument=OLD)
    iam.put_role_policy(RoleName="app", PolicyName="never-used", PolicyDocument=OLD)
    iam.create_policy(PolicyName="shared", Path="/team/", PolicyDocument=OLD)
    iam.create_policy(PolicyName="PowerUserAccess", PolicyDocument=OLD)
    iam.attach_role_policy(RoleName="app", PolicyArn=SHARED)
    iam.attach_role_policy(RoleName="app", PolicyArn=POWER)
    return iam


HELD = (
    Held(ROLE, "reads", is_inline=True),
    Held(ROLE, "never-used", is_inline=True),
    Held(ROLE, POWER, is_inline=False),
)


def test_the_script_does_what_the_plan_says(iam, run_script, tmp_path):
    done = run_script(apply_script(CHANGES, account_id=ACCOUNT))

    assert 0 == done.returncode, done.stderr
    assert ["reads"] == iam.list_role_policies(RoleName="app")["PolicyNames"]
    assert json.loads(NEW) == iam.get_role_policy(RoleName="app", PolicyName="reads")["PolicyDocument"]
    held = {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]}
    assert {SHARED, OWN} == held
    assert "v2" == iam.get_policy(PolicyArn=SHARED)["Policy"]["DefaultVersionId"]
    assert not list(tmp_path.rglob("evil"))


def test_running_twice_changes_no_more(iam, session, run_script, details):
    script = apply_script(
        [c for c in CHANGES if c.kind is not ChangeKind.CREATE_POLICY_VERSION and c.policy != OWN], account_id=ACCOUNT
    )
    run_script(script)
    once = details(session)

    again = run_script(script)

    assert 0 == again.returncode, again.stderr
    assert "was gone already" in again.stderr
    assert once == details(session)


def test_the_rollback_brings_the_very_documents_back(iam, run_script):
    run_script(apply_script(CHANGES, account_id=ACCOUNT))

    done = run_script(rollback_script(CHANGES, HELD, account_id=ACCOUNT))

    assert 0 == done.returncode, done.stderr
    held = {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]}
    assert {SHARED, POWER} == held
    assert {"reads", "never-used"} == set(iam.list_role_policies(RoleName="app")["PolicyNames"])
    assert json.loads(OLD) == iam.get_role_policy(RoleName="app", PolicyName="never-used")["PolicyDocument"]
    version = iam.get_policy(PolicyArn=SHARED)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=SHARED, VersionId=version)["PolicyVersion"]["Document"]
    assert json.loads(OLD) == found


def test_a_sixth_version_takes_the_place_of_the_oldest_that_is_not_in_force(iam, run_script):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=SHARED, PolicyDocument=OLD)

    done = run_script(apply_script(CHANGES[1:2], account_id=ACCOUNT))

    assert 0 == done.returncode, done.stderr
    versions = {
        one["VersionId"]: one["IsDefaultVersion"] for one in iam.list_policy_versions(PolicyArn=SHARED)["Versions"]
    }
    assert {"v1": False, "v3": False, "v4": False, "v5": False, "v6": True} == versions


def test_another_account_is_left_alone(iam, session, run_script, details):
    before = details(session)

    done = run_script(apply_script(CHANGES, account_id="999999999999"))

    assert 1 == done.returncode
    assert "nothing was done" in done.stderr
    assert before == details(session)


def test_a_refused_call_stops_the_script(iam, run_script):
    gone = Change(ChangeKind.PUT_INLINE_POLICY, f"arn:aws:iam::{ACCOUNT}:role/nobody", "p", NEW)

    done = run_script(apply_script([gone, *CHANGES], account_id=ACCOUNT))

    assert 0 != done.returncode
    assert {"reads", "never-used"} == set(iam.list_role_policies(RoleName="app")["PolicyNames"])


@pytest.mark.parametrize("name", ["a; touch evil", "$(touch evil)", "`touch evil`", "a'b", "a\nb", "--help me", ""])
def test_a_name_that_iam_does_not_allow_is_only_told(run_script, tmp_path, name):
    changes = [Change(ChangeKind.PUT_INLINE_POLICY, ROLE, name, NEW)]

    done = run_script(apply_script(changes, account_id=""))

    assert 0 == done.returncode, done.stderr
    assert "left to do by hand" in done.stderr
    assert not list(tmp_path.rglob("evil"))


def test_a_name_that_looks_like_an_option_is_a_name(session, run_script):
    iam = session.client("iam")
    iam.create_role(RoleName="--output", AssumeRolePolicyDocument=OLD)

    changes = [Change(ChangeKind.PUT_INLINE_POLICY, f"arn:aws:iam::{ACCOUNT}:role/--output", "--p", NEW)]
    done = run_script(apply_script(changes, account_id=ACCOUNT))

    assert 0 == done.returncode, done.stderr
    assert ["--p"] == iam.list_role_policies(RoleName="--output")["PolicyNames"]


def test_nothing_is_taken_away_where_a_grant_is_left_to_a_person():
    """What the removed policy granted may be what the missing one was to keep."""
    odd = Change(ChangeKind.ATTACH_POLICY, ROLE, f"arn:aws:iam::{ACCOUNT}:policy/no name")

    steps, left = steps_of([odd, *CHANGES])

    kinds = {step.kind for step in steps}
    assert {ChangeKind.PUT_INLINE_POLICY, ChangeKind.CREATE_POLICY_VERSION, ChangeKind.CREATE_POLICY} <= kinds
    assert not kinds & {ChangeKind.DETACH_POLICY, ChangeKind.DELETE_INLINE_POLICY}
    assert [odd, *CHANGES[-2:]] == [one.change for one in left]


@pytest.mark.parametrize("before", [None, SHARED], ids=["none", "another"])
def test_a_boundary_is_put_and_taken_back(iam, run_script, before):
    if before is not None:
        iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=before)
    changes = (
        Change(ChangeKind.CREATE_POLICY, "", OWN, NEW),
        Change(ChangeKind.PUT_PERMISSIONS_BOUNDARY, ROLE, OWN, None, before),
    )

    done = run_script(apply_script(changes, account_id=ACCOUNT))
    between = iam.get_role(RoleName="app")["Role"].get("PermissionsBoundary", {})
    undone = run_script(rollback_script(changes, account_id=ACCOUNT))

    after = iam.get_role(RoleName="app")["Role"].get("PermissionsBoundary", {})
    assert (0, 0) == (done.returncode, undone.returncode), done.stderr + undone.stderr
    assert (OWN, before) == (between["PermissionsBoundaryArn"], after.get("PermissionsBoundaryArn"))
