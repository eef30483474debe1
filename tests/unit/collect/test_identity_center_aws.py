"""Identity Center by API: moto plays what it can of an organisation, recorded answers the rest."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from iamaudit.collect.assemble import assemble
from iamaudit.collect.aws import gather
from iamaudit.collect.export import export
from iamaudit.collect.files import collect_files
from iamaudit.collect.identity_center_calls import regions_of
from iamaudit.collect.permissions import permissions
from iamaudit.collect.raw import Document

INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"
PREFIX = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-"
READERS, WRITERS = f"{PREFIX}aaaaaaaaaaaaaaaa", f"{PREFIX}bbbbbbbbbbbbbbbb"
ANNA, CREW = "90676f5a-0000-7000-8000-000000000001", "90676f5a-0000-7000-8000-000000000002"
DENY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
REGION = "eu-central-1"


def at_once(_seconds: float) -> None:
    """A pause that does not take place."""


def gone() -> ClientError:
    return ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "Get")


def recorded(operation: str, parameters: dict[str, Any], region: str) -> Any:
    """What `sso-admin` and `identitystore` answer, in the shape of the service model; two pages where there are two."""
    ours = parameters.get("PermissionSetArn")
    match operation:
        case "ListInstances":
            found = {"InstanceArn": INSTANCE, "IdentityStoreId": "d-1111111111", "OwnerAccountId": "123456789012"}
            return {"Instances": [found] if region == REGION else []}
        case "ListPermissionSets":
            if "NextToken" not in parameters:
                return {"PermissionSets": [READERS], "NextToken": "more"}
            return {"PermissionSets": [WRITERS]}
        case "DescribePermissionSet":
            name = "Readers" if ours == READERS else "Writers"
            return {"PermissionSet": {"Name": name, "PermissionSetArn": ours, "SessionDuration": "PT1H"}}
        case "GetInlinePolicyForPermissionSet":
            return {"InlinePolicy": DENY if ours == WRITERS else ""}
        case "ListManagedPoliciesInPermissionSet":
            return {"AttachedManagedPolicies": [{"Name": "View", "Arn": "arn:aws:iam::aws:policy/View"}]}
        case "ListCustomerManagedPolicyReferencesInPermissionSet":
            return {"CustomerManagedPolicyReferences": []}
        case "GetPermissionsBoundaryForPermissionSet":
            if ours == READERS:
                raise gone()
            reference = {"CustomerManagedPolicyReference": {"Name": "bound", "Path": "/"}}
            return {"PermissionsBoundary": reference}
        case "ListTagsForResource":
            return {"Tags": [{"Key": "team", "Value": "core"}]}
        case "ListAccountsForProvisionedPermissionSet":
            return {"AccountIds": ["123456789012", "444455556666"] if ours == READERS else ["123456789012"]}
        case "ListAccountAssignments":
            found = {"AccountId": parameters["AccountId"], "PermissionSetArn": ours}
            users = {**found, "PrincipalType": "USER", "PrincipalId": ANNA}
            groups = {**found, "PrincipalType": "GROUP", "PrincipalId": CREW}
            return {"AccountAssignments": [users] if ours == WRITERS else [users, groups]}
        case "DescribeUser":
            return {"UserName": "anna", "UserId": ANNA}
        case "DescribeGroup":
            raise gone()
    raise AssertionError(operation)


@pytest.fixture(scope="module")
def dummy() -> Iterator[boto3.Session]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.delenv("AWS_PROFILE", raising=False)
        yield boto3.Session("testing", "testing", "testing", region_name=REGION)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls to Identity Center as IAM actions."""
    return []


@pytest.fixture
def answering(dummy: boto3.Session, monkeypatch: pytest.MonkeyPatch, made: list[str]) -> Iterator[Callable[..., Any]]:
    """A session whose Identity Center answers as recorded; operations can be refused or broken."""
    with mock_aws():
        dummy.client("organizations").create_organization(FeatureSet="ALL")
        original = BaseClient._make_api_call

        def arrange(**errors: Exception) -> boto3.Session:
            def answer(client, operation, parameters):
                model = client.meta.service_model
                if model.service_name not in {"sso-admin", "identitystore"}:
                    return original(client, operation, parameters)
                made.append(f"{model.signing_name}:{operation}")
                if operation in errors:
                    raise errors[operation]
                return recorded(operation, parameters, client.meta.region_name)

            monkeypatch.setattr(BaseClient, "_make_api_call", answer)
            return dummy

        yield arrange


def refused(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


def center(session: boto3.Session, **more: Any) -> Any:
    return gather(session, sleep=at_once, organization=True, **more)


def body_of(raw: Any) -> dict[str, Any]:
    [document] = [one for one in raw.documents if one.kind == "identity_center"]
    return document.body


def test_every_page_every_set_and_every_account_is_read(answering):
    body = body_of(center(answering()))

    assert ["Readers", "Writers"] == [entry["PermissionSet"]["Name"] for entry in body["PermissionSets"]]
    assert ["", DENY] == [entry["InlinePolicy"] for entry in body["PermissionSets"]]
    assert 5 == len(body["AccountAssignments"])
    assert [{"PrincipalType": "USER", "PrincipalId": ANNA, "Name": "anna"}] == body["Principals"]


def test_a_set_without_boundary_has_none_and_another_has_its_own(answering):
    body = body_of(center(answering()))

    assert [None, {"CustomerManagedPolicyReference": {"Name": "bound", "Path": "/"}}] == [
        entry["PermissionsBoundary"] for entry in body["PermissionSets"]
    ]


def test_the_exported_file_gives_the_same_capture(answering, aws, tmp_path):
    raw = center(answering())
    direct = assemble(raw, captured_at=aws.at)

    carried = collect_files(export(raw, tmp_path), captured_at=aws.at)

    assert direct == carried
    assert 2 == direct.tables["permission_sets"].num_rows


def test_the_calls_are_those_of_the_smallest_policy(answering, made):
    center(answering())

    named = {permission.action for permission in permissions() if permission.action.startswith(("sso:", "identity"))}
    assert named == set(made)


@pytest.mark.parametrize(
    "operation",
    [
        "ListInstances",
        "ListPermissionSets",
        "DescribePermissionSet",
        "GetInlinePolicyForPermissionSet",
        "ListManagedPoliciesInPermissionSet",
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        "GetPermissionsBoundaryForPermissionSet",
        "ListTagsForResource",
        "ListAccountsForProvisionedPermissionSet",
        "ListAccountAssignments",
    ],
)
def test_a_refused_call_is_one_gap_with_its_permission(answering, aws, operation):
    raw = center(answering(**{operation: refused(operation)}))

    gaps = [one.why for one in assemble(raw, captured_at=aws.at).missing if one.what.startswith("Identity Center")]
    assert f"AWS answered `AccessDeniedException`: allow `sso:{operation}` to the collecting principal" in gaps


def test_names_are_not_needed(answering, aws):
    raw = center(answering(DescribeUser=refused("DescribeUser")))

    capture = assemble(raw, captured_at=aws.at)

    assert 5 == capture.tables["account_assignments"].num_rows
    assert any("identitystore:DescribeUser" in entry.why for entry in capture.missing)


def test_assignments_that_were_read_in_part_are_not_there(answering, aws):
    raw = center(answering(ListAccountAssignments=refused("ListAccountAssignments")))

    assert "AccountAssignments" not in body_of(raw)


def test_a_service_that_does_not_answer_is_a_gap_and_the_rest_is_read(answering):
    silence = EndpointConnectionError(endpoint_url="https://example.com")

    raw = center(answering(ListInstances=silence))

    assert any(document.kind == "authorization_details" for document in raw.documents)
    assert ["Identity Center"] == [entry.what for entry in raw.missing if "Identity" in entry.what]


def test_the_region_of_a_reserved_role_is_asked_too(answering, dummy):
    path = "/aws-reserved/sso.amazonaws.com/eu-central-1/"
    session = answering()
    session.client("iam").create_role(
        RoleName="AWSReservedSSO_Readers_0123456789abcdef", Path=path, AssumeRolePolicyDocument=DENY
    )

    raw = center(session, regions=("eu-west-1",))

    assert REGION == body_of(raw)["Instances"][0]["Region"]


def test_no_instance_where_roles_of_sets_are_is_a_gap(answering, dummy):
    session = answering()
    session.client("iam").create_role(
        RoleName="AWSReservedSSO_Readers_0123456789abcdef",
        Path="/aws-reserved/sso.amazonaws.com/",
        AssumeRolePolicyDocument=DENY,
    )

    raw = center(session, regions=("eu-west-1",))

    [why] = [entry.why for entry in raw.missing if entry.what == "Identity Center"]
    assert "asked eu-west-1, us-east-1" in why


def test_an_organisation_without_identity_center_says_nothing(answering):
    raw = center(answering(), regions=("eu-west-1",))

    assert [] == [entry for entry in raw.missing if "Identity" in entry.what]


def test_a_single_account_does_not_ask(answering, made):
    gather(answering(), sleep=at_once)

    assert [] == made


def test_the_reserved_path_without_region_is_us_east_1():
    paths = ["/aws-reserved/sso.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/ap-south-1/", "/other/", None]
    body = {"RoleDetailList": [{"Path": path} for path in paths]}

    found = regions_of([Document("authorization_details", json.loads(json.dumps(body)), "x")])

    assert ["ap-south-1", "us-east-1"] == found
