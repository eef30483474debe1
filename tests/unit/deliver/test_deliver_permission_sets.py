"""A permission set's plan as commands and as Terraform: what a set says holds once it is provisioned, also on the way back."""

from __future__ import annotations

import json
import re

import pytest

from iamaudit.deliver.files import delivery_files
from iamaudit.deliver.script import apply_script, rollback_script
from iamaudit.deliver.steps import steps_of
from iamaudit.deliver.terraform import terraform
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan

SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
TODAY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
SMALLER = TODAY.replace("s3:*", "s3:GetObject")
CHANGES = (
    Change(ChangeKind.PUT_SET_POLICY, SET, "AwsSSOInlinePolicy", SMALLER, TODAY),
    Change(ChangeKind.DETACH_SET_POLICY, SET, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    Change(ChangeKind.DETACH_SET_REFERENCE, SET, "/own/teams"),
    Change(ChangeKind.PROVISION_SET, SET, ""),
)


def operations(script):
    return re.findall(r"^(?:aws|take_away) sso-admin (\S+)", script, re.MULTILINE)


def test_the_script_provisions_the_set_after_every_change():
    script = apply_script(CHANGES, account_id="")

    assert [
        "put-inline-policy-to-permission-set",
        "detach-managed-policy-from-permission-set",
        "detach-customer-managed-policy-reference-from-permission-set",
        "provision-permission-set",
    ] == operations(script)
    assert "--instance-arn=arn:aws:sso:::instance/ssoins-1111111111111111" in script
    assert "--customer-managed-policy-reference=Name=teams,Path=/own/" in script


def test_the_way_back_attaches_in_reverse_and_provisions_at_the_end():
    script = rollback_script(CHANGES, account_id="")

    assert [
        "attach-customer-managed-policy-reference-to-permission-set",
        "attach-managed-policy-to-permission-set",
        "put-inline-policy-to-permission-set",
        "provision-permission-set",
    ] == operations(script)
    assert TODAY in script


def test_a_new_inline_policy_is_taken_away_again():
    new = Change(ChangeKind.PUT_SET_POLICY, SET, "AwsSSOInlinePolicy", SMALLER)

    assert ["delete-inline-policy-from-permission-set"] == operations(rollback_script([new], account_id=""))


def test_terraform_imports_the_inline_policy_and_leaves_what_it_cannot_take_away():
    text = terraform(CHANGES, [], account_id="")

    assert f'id = "{SET},arn:aws:sso:::instance/ssoins-1111111111111111"' in text
    assert "aws_ssoadmin_permission_set_inline_policy" in text
    left = text.partition("Left to do by hand")[2]
    assert ["ReadOnlyAccess", "/own/teams"] == [name for name in ("ReadOnlyAccess", "/own/teams") if name in left]


def test_cloudformation_says_where_a_permission_set_is_changed():
    files = delivery_files(Plan(SET, CHANGES), [], formats=("cloudformation", "cli"))

    assert {"apply.sh", "rollback.sh"} == set(files)


@pytest.mark.parametrize(
    "change",
    [
        Change(ChangeKind.PUT_SET_POLICY, "arn:aws:iam::111122223333:role/x", "p", json.dumps({})),
        Change(ChangeKind.PUT_SET_POLICY, SET, "p", "no JSON"),
        Change(ChangeKind.DETACH_SET_POLICY, SET, "$(touch evil)"),
        Change(ChangeKind.DETACH_SET_REFERENCE, SET, "/own/$(touch evil)"),
    ],
    ids=["no permission set", "no document", "no policy", "no name"],
)
def test_names_that_aws_would_not_take_reach_no_script(change):
    steps, left = steps_of([change])

    assert ([], [change]) == (steps, [one.change for one in left])
