"""Permission sets and assignments out of files: our own, and those answers of the AWS CLI that name their set."""

import copy

import pytest

INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
OTHER = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-bbbbbbbbbbbbbbbb"
USER = "90676f5a-0000-7000-8000-000000000001"
DESCRIBED = {"Name": "Readers", "PermissionSetArn": SET, "Description": "may look", "SessionDuration": "PT4H"}
ASSIGNED = {"AccountId": "111122223333", "PermissionSetArn": SET, "PrincipalType": "USER", "PrincipalId": USER}
BODY = {
    "Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": "d-1111111111", "OwnerAccountId": "999988887777"}],
    "PermissionSets": [
        {
            "PermissionSet": DESCRIBED,
            "InlinePolicy": '{"Version": "2012-10-17", "Statement": []}',
            "AttachedManagedPolicies": [{"Name": "ViewOnly", "Arn": "arn:aws:iam::aws:policy/ViewOnly"}],
            "CustomerManagedPolicyReferences": [{"Name": "extra", "Path": "/team/"}],
            "PermissionsBoundary": {"ManagedPolicyArn": "arn:aws:iam::aws:policy/Bound"},
            "Tags": [{"Key": "owner", "Value": "core"}],
            "AccountIds": ["444455556666", "111122223333"],
        }
    ],
    "AccountAssignments": [ASSIGNED],
    "Principals": [{"PrincipalType": "USER", "PrincipalId": USER, "Name": "anna"}],
}


def without(*members: str) -> dict[str, object]:
    """The body, its set without some members."""
    body = copy.deepcopy(BODY)
    for member in members:
        del body["PermissionSets"][0][member]
    return body


def test_a_permission_set_is_read_whole(collected):
    capture = collected({"any-name.json": BODY})

    [row] = capture.tables["permission_sets"].drop_columns("captured_at").to_pylist()
    assert {
        "instance_arn": INSTANCE,
        "permission_set_arn": SET,
        "name": "Readers",
        "description": "may look",
        "session_duration": "PT4H",
        "inline_policy": '{"Version":"2012-10-17","Statement":[]}',
        "boundary": '{"ManagedPolicyArn":"arn:aws:iam::aws:policy/Bound"}',
        "tags": '{"owner":"core"}',
        "policies_known": True,
        "accounts": ["111122223333", "444455556666"],
    } == row


def test_attached_policies_keep_what_tells_them(collected, rows):
    capture = collected({"x.json": BODY})

    found = rows(capture, "permission_set_policies", "kind", "name", "path", "policy_arn")

    assert [
        {"kind": "aws", "name": "ViewOnly", "path": None, "policy_arn": "arn:aws:iam::aws:policy/ViewOnly"},
        {"kind": "customer", "name": "extra", "path": "/team/", "policy_arn": None},
    ] == found


def test_an_assignment_has_the_name_of_who_has_it(collected):
    capture = collected({"x.json": BODY})

    [row] = capture.tables["account_assignments"].drop_columns("captured_at").to_pylist()
    assert ("111122223333", "user", USER, "anna", INSTANCE) == (
        row["account_id"],
        row["principal_kind"],
        row["principal_id"],
        row["principal_name"],
        row["instance_arn"],
    )


def test_an_instance_does_not_make_its_owner_an_account_that_was_read(collected):
    capture = collected({"x.json": BODY})

    assert ({}, ()) == (capture.accounts, capture.missing)


@pytest.mark.parametrize(
    ("member", "column"),
    [
        ("InlinePolicy", "inline_policy"),
        ("PermissionsBoundary", "boundary"),
        ("Tags", "tags"),
        ("AccountIds", "accounts"),
    ],
)
def test_what_was_not_read_is_null_and_one_gap(collected, rows, member, column):
    capture = collected({"x.json": without(member)})

    assert [{column: None}] == rows(capture, "permission_sets", column)
    assert 1 == len(capture.missing)
    assert "`Readers` was not read" in capture.missing[0].why


@pytest.mark.parametrize(
    ("member", "none", "column"),
    [("InlinePolicy", "", "inline_policy"), ("PermissionsBoundary", None, "boundary")],
)
def test_there_is_none_is_told_from_not_read(collected, rows, member, none, column):
    body = copy.deepcopy(BODY)
    body["PermissionSets"][0][member] = none

    capture = collected({"x.json": body})

    assert [{column: "null"}] == rows(capture, "permission_sets", column)
    assert () == capture.missing


@pytest.mark.parametrize("member", ["AttachedManagedPolicies", "CustomerManagedPolicyReferences"])
def test_policies_are_known_only_when_both_lists_were_read(collected, rows, member):
    capture = collected({"x.json": without(member)})

    assert [{"policies_known": False}] == rows(capture, "permission_sets", "policies_known")


def test_single_answers_of_the_cli_add_up(collected, rows):
    capture = collected(
        {
            "a.json": {"Instances": BODY["Instances"]},
            "b.json": {"PermissionSets": [SET, OTHER]},
            "c.json": {"PermissionSet": DESCRIBED},
            "d.json": {"AccountAssignments": [ASSIGNED]},
        }
    )

    assert [{"name": "Readers", "policies_known": False}] == rows(capture, "permission_sets", "name", "policies_known")
    assert 1 == capture.tables["account_assignments"].num_rows
    assert any(OTHER in entry.why and entry.what.endswith("permission sets") for entry in capture.missing)


def test_sets_without_assignments_say_that_nobody_knows_who_has_them(collected, why):
    body = {name: value for name, value in BODY.items() if name != "AccountAssignments"}

    capture = collected({"x.json": body})

    assert "is unknown" in why(capture, "account assignments")[0]


def test_an_inline_policy_that_is_no_policy_is_a_gap(collected, rows, why):
    body = copy.deepcopy(BODY)
    body["PermissionSets"][0]["InlinePolicy"] = "{broken"

    capture = collected({"x.json": body})

    assert [{"inline_policy": None}] == rows(capture, "permission_sets", "inline_policy")
    assert "does not parse" in why(capture, SET)[0]


@pytest.mark.parametrize(
    "body",
    [
        {"PermissionSets": [{"PermissionSet": {"Name": "x"}}]},
        {"PermissionSet": "text"},
        {"AccountAssignments": [{"AccountId": 5}]},
        {"AccountAssignments": [{**ASSIGNED, "PrincipalType": "ROBOT"}]},
        {"AccountAssignments": "text"},
    ],
    ids=["set-without-arn", "set-is-text", "assignment-lacks-members", "kind-unknown", "assignments-are-text"],
)
def test_a_document_of_another_shape_is_a_gap(collected, body):
    capture = collected({"x.json": body})

    assert 0 == capture.tables["permission_sets"].num_rows + capture.tables["account_assignments"].num_rows
    assert capture.missing != ()


def test_reserved_roles_without_their_sets_are_a_gap(aws, collected, why):
    role = aws.role("AWSReservedSSO_Readers_0123456789abcdef", path="/aws-reserved/sso.amazonaws.com/eu-west-1/")

    alone = collected({"details.json": aws.details(RoleDetailList=[role])})
    together = collected({"center.json": BODY})

    assert 1 == len(why(alone, "Identity Center"))
    assert [] == why(together, "Identity Center")
