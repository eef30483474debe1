"""Authorization details become principals, policies, attachments and memberships."""

import json
from urllib.parse import quote

import pytest

from iamaudit.collect.documents import document_text

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize("encode", [lambda d: d, json.dumps, lambda d: quote(json.dumps(d))])
def test_a_document_is_read_as_object_as_json_and_percent_encoded(aws, encode):
    text = document_text(encode(aws.allow))

    assert aws.allow == json.loads(text)


def test_a_plus_in_an_encoded_document_stays_a_plus():
    text = document_text(quote('{"Sid":"a+b"}', safe="+"))

    assert '{"Sid":"a+b"}' == text


@pytest.mark.parametrize("value", [None, "", "nonsense", "[1]", "%7B", 7])
def test_what_is_no_document_is_none(value):
    assert document_text(value) is None


def test_only_the_default_version_of_a_policy_counts(aws, collected, rows):
    arn = f"arn:aws:iam::{aws.account}:policy/reports"
    capture = collected({"a.json": aws.details(Policies=[aws.policy(arn)])})

    found = rows(capture, "policies", "policy_id", "kind", "version_id", "document")

    document = json.dumps(aws.allow, separators=(",", ":"))
    assert [{"policy_id": arn, "kind": "customer", "version_id": "v2", "document": document}] == found


def test_inline_policies_belong_to_their_holder_and_are_attached_to_it(aws, collected, rows):
    inline = [{"PolicyName": "own", "PolicyDocument": quote(json.dumps(aws.allow))}]
    capture = collected(
        {
            "a.json": aws.details(
                UserDetailList=[aws.user("alice", UserPolicyList=inline)],
                GroupDetailList=[aws.group("devs", GroupPolicyList=inline)],
                RoleDetailList=[aws.role("app", RolePolicyList=inline)],
            )
        }
    )

    found = rows(capture, "policies", "policy_id", "kind")
    attached = rows(capture, "attachments", "holder_arn", "policy_id")

    holders = [f"arn:aws:iam::{aws.account}:{name}" for name in ("group/devs", "role/app", "user/alice")]
    assert [{"policy_id": f"{arn}#own", "kind": "inline"} for arn in holders] == found
    assert [{"holder_arn": arn, "policy_id": f"{arn}#own"} for arn in holders] == attached


def test_a_document_that_does_not_parse_is_kept_as_unknown(aws, collected, rows, why):
    broken = [{"PolicyName": "own", "PolicyDocument": "{not json"}]
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice", UserPolicyList=broken)])})

    found = rows(capture, "policies", "document")
    reasons = why(capture, "inline policy")

    assert [{"document": None}] == found
    assert 1 == len(reasons)
    assert "what it grants is unknown" in reasons[0]


def test_an_attached_aws_managed_policy_without_its_document_is_unknown(aws, collected, rows, why):
    attached = [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    capture = collected({"a.json": aws.details(RoleDetailList=[aws.role("app", AttachedManagedPolicies=attached)])})

    found = rows(capture, "policies", "policy_id", "kind", "document")
    reasons = why(capture, f"AWS-managed policy `{ADMIN}`")

    assert [{"policy_id": ADMIN, "kind": "aws", "document": None}] == found
    assert reasons[0].startswith("it has no document: grants of its holders are unknown")


def test_an_aws_managed_policy_that_another_account_brings_is_the_same_policy(aws, collected, rows, why):
    other = "444455556666"
    attached = [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    capture = collected(
        {
            "a.json": aws.details(
                UserDetailList=[aws.user("alice", AttachedManagedPolicies=attached)], Policies=[aws.policy(ADMIN)]
            ),
            "b.json": aws.details(UserDetailList=[aws.user("bob", other, AttachedManagedPolicies=attached)]),
        }
    )

    found = rows(capture, "policies", "account_id", "policy_id", "version_id")

    assert [
        {"account_id": account, "policy_id": ADMIN, "version_id": "v2"} for account in (aws.account, other)
    ] == found
    assert [] == why(capture, ADMIN)


def test_a_boundary_is_a_column_and_not_an_attachment(aws, collected, rows, why):
    arn = f"arn:aws:iam::{aws.account}:policy/limit"
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice", PermissionsBoundary=boundary)])})

    found = rows(capture, "principals", "boundary_arn")

    assert [{"boundary_arn": arn}] == found
    assert 0 == capture.tables["attachments"].num_rows
    assert "limits of the principals it bounds are unknown" in why(capture, arn)[0]


def test_membership_joins_users_to_groups_by_name(aws, collected, rows, why):
    capture = collected(
        {
            "a.json": aws.details(
                UserDetailList=[aws.user("alice", GroupList=["devs", "ghosts"])], GroupDetailList=[aws.group("devs")]
            )
        }
    )

    found = rows(capture, "memberships", "user_arn", "group_arn")

    prefix = f"arn:aws:iam::{aws.account}"
    assert [{"user_arn": f"{prefix}:user/alice", "group_arn": f"{prefix}:group/devs"}] == found
    assert 1 == len(why(capture, "group `ghosts`"))


@pytest.mark.parametrize(
    ("name", "path", "linked", "permission_set"),
    [
        ("app", "/", False, None),
        ("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/", True, None),
        ("AWSReservedSSO_Read_Only_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/eu-west-1/", False, "Read_Only"),
        ("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", False, "Admin"),
        ("AWSReservedSSO_Admin_0123456789abcdef", "/mine/", False, None),
    ],
)
def test_roles_that_aws_owns_are_told_by_their_path(aws, collected, rows, name, path, linked, permission_set):
    capture = collected({"a.json": aws.details(RoleDetailList=[aws.role(name, path=path)])})

    found = rows(capture, "principals", "is_service_linked", "permission_set")

    assert [{"is_service_linked": linked, "permission_set": permission_set}] == found


@pytest.mark.parametrize(
    ("last_used", "at", "known"),
    [
        ({"LastUsedDate": "2026-10-01T00:00:00Z", "Region": "eu-west-1"}, "2026-10-01T00:00:00+00:00", True),
        ({}, None, True),
        (None, None, False),
    ],
)
def test_a_roles_last_use_is_known_when_aws_told_it_even_if_empty(aws, collected, rows, last_used, at, known):
    capture = collected({"a.json": aws.details(RoleDetailList=[aws.role("app", RoleLastUsed=last_used)])})

    [found] = rows(capture, "principals", "last_used_at", "last_used_known")

    assert known == found["last_used_known"]
    assert at == (found["last_used_at"].isoformat() if found["last_used_at"] else None)


def test_an_entry_with_a_wrong_member_is_a_gap_and_the_others_go_on(aws, collected, rows, why):
    capture = collected({"a.json": aws.details(UserDetailList=[aws.user("alice", CreateDate="soon"), aws.user("bob")])})

    found = rows(capture, "principals", "name")

    assert [{"name": "bob"}] == found
    assert "`soon` is not a time" in why(capture, "user/alice")[0]
