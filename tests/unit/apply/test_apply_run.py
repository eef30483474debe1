"""Plans are made and taken back against moto: drift is left alone, a crash goes on, a rollback restores every byte."""

import json

import pytest
from moto.iam.models import AWSManagedPolicy, iam_backends

from iamaudit.apply.account import open_account
from iamaudit.apply.journal import Journal, read_journal
from iamaudit.apply.judge import Standing
from iamaudit.apply.run import apply_plan, look, roll_back
from iamaudit.errors import InputError, SourceError
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/app-own"
MINE = f"arn:aws:iam::{ACCOUNT}:policy/team/mine"
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"


def document(action):
    """A document as a person wrote it, with blanks and signs that a rollback must not lose."""
    return f'{{\n  "Version" : "2012-10-17",\t"Statement":[{{"Effect":"Allow", "Action":"{action}","Resource":"arn:aws:s3:::b/a+b é"}}] }}\n'


OLD, NEW = document("s3:*"), document("s3:GetObject")
PLAIN = json.dumps(json.loads(OLD), separators=(",", ":"))  # what a plan knows of it


@pytest.fixture
def standing(iam, calls):
    """A role with an inline, a customer, a shared and an AWS policy; a user in a group with a key and a password."""
    for name, path in (("app", "/team/"), ("other", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=OLD)
    iam.put_role_policy(RoleName="app", PolicyName="reads", PolicyDocument=OLD)
    iam.put_role_policy(RoleName="app", PolicyName="never", PolicyDocument=OLD)
    iam.create_policy(PolicyName="mine", Path="/team/", PolicyDocument=OLD)
    iam.create_policy(PolicyName="shared", PolicyDocument=OLD)
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="staff")
    iam.put_group_policy(GroupName="staff", PolicyName="g", PolicyDocument=OLD)
    iam.add_user_to_group(UserName="ann", GroupName="staff")
    iam.attach_user_policy(UserName="ann", PolicyArn=SHARED)
    iam.attach_group_policy(GroupName="staff", PolicyArn=SHARED)
    # loading all of AWS's policies takes seconds
    moments = dict.fromkeys(("CreateDate", "UpdateDate"), "2025-01-01T00:00:00+00:00")
    of_aws = {"Path": "/", "DefaultVersionId": "v1", "Document": json.loads(OLD), **moments}
    iam_backends[ACCOUNT]["aws"].managed_policies[POWER] = AWSManagedPolicy.from_data(
        "PowerUserAccess", ACCOUNT, "us-east-1", of_aws
    )
    for role, arn in (("app", MINE), ("app", SHARED), ("other", SHARED), ("app", POWER)):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    calls.clear()
    return iam


def everything(key="AKIA0"):
    """A plan with every change that can be taken back."""
    group = f"arn:aws:iam::{ACCOUNT}:group/staff"
    return Plan(
        ROLE,
        (
            Change(ChangeKind.CREATE_POLICY, "", OWN, NEW),
            Change(ChangeKind.ATTACH_POLICY, ROLE, OWN),
            Change(ChangeKind.CREATE_GROUP, "", "readers"),
            Change(ChangeKind.ADD_USER_TO_GROUP, USER, "readers"),
            Change(ChangeKind.PUT_INLINE_POLICY, USER, "fresh", NEW),
            Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "reads", NEW, PLAIN),
            Change(ChangeKind.PUT_INLINE_POLICY, group, "g", NEW, PLAIN),
            Change(ChangeKind.CREATE_POLICY_VERSION, "", MINE, NEW, PLAIN),
            Change(ChangeKind.PUT_PERMISSIONS_BOUNDARY, ROLE, SHARED),
            Change(ChangeKind.REMOVE_USER_FROM_GROUP, USER, "staff"),
            Change(ChangeKind.DETACH_POLICY, ROLE, SHARED),
            Change(ChangeKind.DETACH_POLICY, ROLE, POWER),
            Change(ChangeKind.DETACH_POLICY, USER, SHARED),
            Change(ChangeKind.DETACH_POLICY, group, SHARED),
            Change(ChangeKind.DELETE_INLINE_POLICY, ROLE, "never", None, PLAIN),
            Change(ChangeKind.DEACTIVATE_ACCESS_KEY, USER, key),
        ),
    )


@pytest.fixture
def run(account, clock, tmp_path):
    """Apply a plan, or go on with a journal; return the fates by number."""

    def run(plan, approve=lambda change: True, *, expected=None, again=False):
        path = tmp_path / "journal.jsonl"
        record = read_journal(path) if again else None
        with Journal(path, clock, is_new=not again) as journal:
            if not again:
                journal.write("started", plan=plan.as_json())
            outcomes = apply_plan(account, plan, journal, approve, expected=expected or {}, record=record)
        return [outcome.fate for outcome in outcomes]

    run.path = tmp_path / "journal.jsonl"
    return run


@pytest.fixture
def undo(account, clock, run):
    def undo(**how):
        record = read_journal(run.path)
        with Journal(run.path, clock, is_new=False) as journal:
            return [outcome.fate for outcome in roll_back(account, record, journal, **how)]

    return undo


def test_a_plan_is_made_and_its_rollback_leaves_the_account_as_it_was(standing, run, undo, details):
    """Byte for byte: the documents of the whole account are compared as their very text."""
    key = standing.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    before = details()
    plan = everything(key)

    made = run(plan)
    changed = details()
    undone = undo()

    assert ["done"] * len(plan.changes) == made
    assert before != changed
    assert ["undone"] * len(plan.changes) == undone
    assert before == details()
    assert read_journal(run.path).is_rolled_back


def test_looking_makes_no_call_that_changes_anything(standing, account, calls, details):
    before = details()
    calls.clear()

    planned = look(account, everything(), {})

    assert all(name.startswith(("Get", "List")) for name in calls)
    # the key of the plan does not exist, so it opens nothing
    assert [Standing.READY] * 15 + [Standing.DONE] == [one.judgement.standing for one in planned]
    assert before == details()


def test_a_second_run_has_nothing_to_do(standing, run, account, details):
    plan = Plan(ROLE, everything().changes[:-1])
    run(plan)
    once = details()

    assert {Standing.DONE} == {one.judgement.standing for one in look(account, plan, {})}
    assert ["done"] * len(plan.changes) == run(plan, again=True)
    assert once == details()


def test_of_five_versions_the_oldest_makes_room_and_comes_back(standing, run, undo, iam):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=MINE, PolicyDocument=document("old:Version"))
    plan = Plan(ROLE, (Change(ChangeKind.CREATE_POLICY_VERSION, "", MINE, NEW, PLAIN),))

    run(plan)
    after = {one["VersionId"]: one["IsDefaultVersion"] for one in iam.list_policy_versions(PolicyArn=MINE)["Versions"]}
    undo()

    assert {"v1": False, "v3": False, "v4": False, "v5": False, "v6": True} == after
    assert "v1" == iam.get_policy(PolicyArn=MINE)["Policy"]["DefaultVersionId"]
    documents = [
        iam.get_policy_version(PolicyArn=MINE, VersionId=one["VersionId"])["PolicyVersion"]["Document"]
        for one in iam.list_policy_versions(PolicyArn=MINE)["Versions"]
    ]
    assert sorted(["old:Version"] * 4 + ["s3:*"]) == sorted(one["Statement"][0]["Action"] for one in documents)


def test_what_somebody_changed_since_is_left_alone_and_nothing_is_taken_away_after_it(standing, run, iam):
    iam.put_role_policy(RoleName="app", PolicyName="reads", PolicyDocument=document("ec2:*"))

    fates = run(Plan(ROLE, everything().changes[4:8]))

    assert ["done", "drifted", "withheld", "withheld"] == fates
    held = iam.get_role_policy(RoleName="app", PolicyName="reads")["PolicyDocument"]
    assert "ec2:*" == held["Statement"][0]["Action"]


@pytest.mark.parametrize("place", range(len(everything().changes) - 1))
def test_every_kind_of_drift_is_seen(standing, account, iam, place):
    """Each change but the key's, on a place that somebody made different."""
    change = everything().changes[place]
    iam.create_policy(PolicyName="app-own", PolicyDocument=OLD)
    iam.put_user_policy(UserName="ann", PolicyName="fresh", PolicyDocument=OLD)
    for role in ("reads", "never"):
        iam.put_role_policy(RoleName="app", PolicyName=role, PolicyDocument=document("x:Y"))
    iam.put_group_policy(GroupName="staff", PolicyName="g", PolicyDocument=document("x:Y"))
    for arn in (MINE, SHARED):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("x:Y"), SetAsDefault=True)
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=MINE)

    planned = look(account, Plan(ROLE, (change,)), {SHARED: PLAIN, POWER: PLAIN})

    has_nothing_to_drift = {
        ChangeKind.ATTACH_POLICY,
        ChangeKind.CREATE_GROUP,
        ChangeKind.ADD_USER_TO_GROUP,
        ChangeKind.REMOVE_USER_FROM_GROUP,
    }
    is_settled = change.kind in has_nothing_to_drift or change.policy == POWER
    wanted = Standing.READY if is_settled else Standing.DRIFTED
    assert wanted is planned[0].judgement.standing


def test_a_principal_that_is_gone_is_a_drift(standing, account):
    changes = [
        Change(
            change.kind,
            change.holder.replace("app", "nobody").replace("ann", "nobody"),
            change.policy,
            change.document,
            change.before,
        )
        for change in everything().changes
        if change.holder
    ]

    planned = look(account, Plan(ROLE, tuple(changes)), {})

    gone = [one for one in planned if "staff" not in one.change.holder]
    assert gone
    assert {Standing.DRIFTED} == {one.judgement.standing for one in gone}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "operation", ["CreatePolicy", "AttachRolePolicy", "PutRolePolicy", "CreatePolicyVersion", "DetachRolePolicy"]
)
def test_a_crash_in_the_middle_goes_on_and_can_still_be_taken_back_whole(
    standing, run, undo, calls, details, moment, operation
):
    """The process dies before a call reaches AWS, or after AWS did it and before anybody was told."""
    before = details()
    plan = Plan(ROLE, everything().changes[:-1])
    getattr(calls, moment)[operation] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(plan)
    getattr(calls, moment).clear()

    fates = run(plan, again=True)
    undone = undo()

    assert ["done"] * len(plan.changes) == ["done" if fate == "already" else fate for fate in fates]
    assert set(undone) == {"undone"}
    assert before == details()


@pytest.mark.parametrize("operation", ["PutRolePolicy", "SetDefaultPolicyVersion", "DeletePolicy", "AttachRolePolicy"])
def test_a_crash_in_a_rollback_goes_on(standing, run, undo, calls, details, operation):
    before = details()
    run(Plan(ROLE, everything().changes[:-1]))
    calls.after[operation] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        undo()
    calls.after.clear()

    undo()

    assert before == details()


def test_a_crash_between_making_room_and_the_new_version_loses_no_version(standing, run, undo, calls, iam):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=MINE, PolicyDocument=document("old:Version"))
    plan = Plan(ROLE, (Change(ChangeKind.CREATE_POLICY_VERSION, "", MINE, NEW, PLAIN),))
    calls.before["CreatePolicyVersion"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(plan)
    calls.before.clear()

    undo()

    assert 5 == len(iam.list_policy_versions(PolicyArn=MINE)["Versions"])
    assert "v1" == iam.get_policy(PolicyArn=MINE)["Policy"]["DefaultVersionId"]


def test_a_refused_call_stops_the_plan(standing, run, undo, calls, details):
    before = details()
    calls.before["CreatePolicyVersion"] = SourceError("refused")
    plan = everything()

    fates = run(plan)

    assert ["done"] * 7 + ["failed"] + ["not_tried"] * 8 == fates
    assert not read_journal(run.path).is_finished
    calls.before.clear()
    undo()
    assert before == details()


def test_what_a_person_declines_is_not_made_and_nothing_that_needs_it(standing, run, iam):
    plan = everything()

    fates = run(plan, lambda change: change.kind is not ChangeKind.CREATE_POLICY)

    assert "declined" == fates[0]
    assert {"withheld"} == {
        fate
        for fate, change in zip(fates, plan.changes, strict=True)
        if change.kind in {ChangeKind.DETACH_POLICY, ChangeKind.ATTACH_POLICY}
    }
    assert POWER in {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]}


def test_what_was_built_upon_is_not_taken_back_unless_forced(standing, run, undo, iam, details):
    before = details()
    run(Plan(ROLE, (Change(ChangeKind.PUT_INLINE_POLICY, ROLE, "reads", NEW, PLAIN),)))
    iam.put_role_policy(RoleName="app", PolicyName="reads", PolicyDocument=document("ec2:*"))

    assert ["drifted"] == undo()
    assert (
        "ec2:*" == iam.get_role_policy(RoleName="app", PolicyName="reads")["PolicyDocument"]["Statement"][0]["Action"]
    )
    assert ["undone"] == undo(force=True)
    assert before == details()


def test_a_deleted_password_cannot_come_back_and_that_is_said(standing, run, undo, iam):
    iam.create_login_profile(UserName="ann", Password="made-up-1")
    run(Plan(USER, (Change(ChangeKind.DELETE_LOGIN_PROFILE, USER, "ann"),)))

    assert ["kept"] == undo()


def test_the_roles_of_aws_are_not_touched(standing, account, calls):
    sso = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_0123456789abcdef"

    planned = look(account, Plan(sso, (Change(ChangeKind.PUT_INLINE_POLICY, sso, "p", NEW),)), {})

    assert Standing.DRIFTED is planned[0].judgement.standing
    assert "belongs to AWS" in planned[0].judgement.why
    assert [] == calls


def test_another_account_needs_a_role(session):
    with pytest.raises(InputError, match="--role"):
        open_account(session, "999999999999")
    assert "999999999999" == open_account(session, "999999999999", role="admin").account_id


def test_a_policy_of_a_group_that_the_plan_makes_first_is_no_drift(account, iam, tmp_path, clock):
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=OLD)
    who, group = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:group/made"
    plan = Plan(
        group,
        (
            Change(ChangeKind.CREATE_GROUP, "", "made"),
            Change(ChangeKind.PUT_INLINE_POLICY, group, "work", NEW),
            Change(ChangeKind.ADD_USER_TO_GROUP, who, "made"),
            Change(ChangeKind.DELETE_INLINE_POLICY, who, "own", None, OLD),
        ),
    )

    with Journal(tmp_path / "made.jsonl", clock, is_new=True) as journal:
        journal.write("started", plan=plan.as_json())
        outcomes = apply_plan(account, plan, journal, lambda _: True, expected={})

    assert ["done"] * 4 == [one.fate for one in outcomes]
    assert ["made"] == [one["GroupName"] for one in iam.list_groups_for_user(UserName="ann")["Groups"]]
    assert [] == iam.list_user_policies(UserName="ann")["PolicyNames"]


def test_nobody_joins_a_group_that_was_not_made_smaller_first(standing, account, iam, tmp_path, clock):
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="work", PolicyDocument=NEW)
    bob, group = f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:iam::{ACCOUNT}:group/staff"
    plan = Plan(
        group,
        (
            Change(ChangeKind.PUT_INLINE_POLICY, group, "g", NEW, PLAIN),
            Change(ChangeKind.ADD_USER_TO_GROUP, bob, "staff"),
            Change(ChangeKind.DELETE_INLINE_POLICY, bob, "work", None, NEW),
        ),
    )

    with Journal(tmp_path / "journal", clock, is_new=True) as journal:
        outcomes = apply_plan(
            account, plan, journal, lambda change: change.kind is not ChangeKind.PUT_INLINE_POLICY, expected={}
        )

    assert ["declined", "withheld", "withheld"] == [one.fate for one in outcomes]
    assert [] == iam.list_groups_for_user(UserName="bob")["Groups"]
