"""AWS itself, played by moto: the same capture as from the exported files, refusals are gaps, other failures are raised."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.server import ThreadedMotoServer

from iamaudit.collect.account_calls import BACK_OFF_SECONDS
from iamaudit.collect.assemble import assemble
from iamaudit.collect.aws import collect_aws, gather
from iamaudit.collect.capture import Missing
from iamaudit.collect.export import export
from iamaudit.collect.files import collect_files
from iamaudit.collect.permissions import collector_policy, permissions
from iamaudit.errors import ConfigError, SourceError

CALLER = "123456789012"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def at_once(_seconds: float) -> None:
    """A pause that does not take place."""


@pytest.fixture
def session(dummy: boto3.Session) -> Iterator[boto3.Session]:
    with mock_aws():
        yield dummy


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call that reaches AWS, as an IAM action."""
    made: list[str] = []
    original = BaseClient._make_api_call

    def record(client, operation_name, parameters):
        made.append(f"{client.meta.service_model.service_name}:{operation_name}")
        return original(client, operation_name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return made


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch):
    """Make AWS answer one operation with an error code."""

    def arrange(operation: str, code: str = "AccessDenied", times: int | None = None) -> None:
        original = BaseClient._make_api_call
        left = [times]

        def answer(client, operation_name, parameters):
            if operation_name == operation and left[0] != 0:
                left[0] = None if left[0] is None else left[0] - 1
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation_name)
            return original(client, operation_name, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", answer)

    return arrange


def furnish(session: boto3.Session) -> None:
    """An account with something of every kind."""
    iam = session.client("iam")
    iam.create_group(GroupName="devs")
    iam.put_group_policy(GroupName="devs", PolicyName="a+b", PolicyDocument=DOCUMENT)
    for name in ("alice", "bob"):
        iam.create_user(UserName=name, Path="/people/", Tags=[{"Key": "Team", "Value": "a b"}])
        iam.add_user_to_group(GroupName="devs", UserName=name)
    iam.create_login_profile(UserName="alice", Password="Not-A-Real-1")
    iam.create_access_key(UserName="alice")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=DOCUMENT)
    arn = iam.create_policy(PolicyName="reports", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT, SetAsDefault=True)
    iam.attach_role_policy(RoleName="app", PolicyArn=arn)
    iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    bucket = "example-trail-logs"
    session.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    trails = session.client("cloudtrail")
    for name in ("west", "main"):
        trails.create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=True)
    trails.start_logging(Name="main")
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
    trails.put_event_selectors(TrailName="main", EventSelectors=[selector])


def organize(session: boto3.Session) -> str:
    """An organisation with a member account two levels down, an SCP and an RCP; returns the member's id."""
    client = session.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        client.enable_policy_type(RootId=root, PolicyType=kind)
    outer = client.create_organizational_unit(ParentId=root, Name="prod")["OrganizationalUnit"]["Id"]
    inner = client.create_organizational_unit(ParentId=outer, Name="web")["OrganizationalUnit"]["Id"]
    created = client.create_account(AccountName="web", Email="web@example.com")["CreateAccountStatus"]
    member: str = created["AccountId"]
    client.move_account(AccountId=member, SourceParentId=root, DestinationParentId=inner)
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        policy = client.create_policy(Content=DOCUMENT, Description="", Name=kind[:3], Type=kind)
        client.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=outer)
    return member


def test_an_account_is_collected_whole(session, aws, rows):
    furnish(session)

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once)

    assert () == tuple(entry for entry in capture.missing if "west" in entry.what)
    assert {CALLER: {"users": 2, "groups": 1, "roles": 1, "policies": 2, "credentials": 2}} == capture.accounts
    assert {"account_summary", "password_policy", "virtual_mfa_devices"} == {
        row["name"] for row in rows(capture, "settings", "name")
    }
    assert {"main": True, "west": False} == {
        row["name"]: row["is_logging"] for row in rows(capture, "trails", "name", "is_logging")
    }


def test_an_access_key_has_its_id(session, aws, rows):
    furnish(session)
    [key] = session.client("iam").list_access_keys(UserName="alice")["AccessKeyMetadata"]

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once)

    assert {None, key["AccessKeyId"]} == {row["access_key_id"] for row in rows(capture, "credentials", "access_key_id")}


def test_the_exported_files_give_the_same_capture(session, aws, tmp_path):
    furnish(session)
    organize(session)
    raw = gather(session, sleep=at_once, role="audit", organization=True)
    direct = assemble(raw, captured_at=aws.at)

    carried = collect_files(export(raw, tmp_path / "night"), captured_at=aws.at)

    assert direct == carried
    assert 2 == len(direct.accounts)


def test_an_export_keeps_what_was_refused(session, aws, tmp_path, refuse):
    furnish(session)
    refuse("GetCredentialReport")
    refuse("DescribeTrails")
    raw = gather(session, sleep=at_once)
    direct = assemble(raw, captured_at=aws.at)

    carried = collect_files(export(raw, tmp_path), captured_at=aws.at)

    assert direct == carried
    assert [f"{CALLER}: credential report", f"{CALLER}: trails"] == [entry.what for entry in carried.missing]


def test_exporting_twice_changes_nothing(session, tmp_path):
    furnish(session)
    raw = gather(session, sleep=at_once)
    first = {path.name: path.read_bytes() for path in export(raw, tmp_path).iterdir()}

    second = {path.name: path.read_bytes() for path in export(raw, tmp_path).iterdir()}

    assert first == second


def test_an_organization_is_read_with_its_members_and_policies(session, aws, rows):
    member = organize(session)

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once, role="audit", organization=True)

    depth = {row["account_id"]: len(row["path"]) for row in rows(capture, "accounts", "account_id", "path")}
    assert {CALLER: 1, member: 3} == depth
    assert {"scp", "rcp"} == {row["kind"] for row in rows(capture, "organization_policies", "kind")}
    assert {CALLER, member} == set(capture.accounts)


def test_without_a_role_the_other_accounts_are_missing(session, aws, why):
    member = organize(session)

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once, organization=True)

    assert ["no role to assume in the other accounts was named: collect with `--role NAME`"] == why(capture, member)


def test_a_role_that_may_not_be_assumed_is_missing_with_its_arn(session, aws, refuse, why):
    member = organize(session)
    refuse("AssumeRole")

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once, role="audit", organization=True)

    assert f"`arn:aws:iam::{member}:role/audit`" in why(capture, f"{member}: IAM state")[0]
    assert [CALLER] == list(capture.accounts)


def test_an_account_without_an_organization_says_so(session, aws):
    with pytest.raises(ConfigError, match="collect without `--org`"):
        collect_aws(session, captured_at=aws.at, sleep=at_once, organization=True)


@pytest.mark.parametrize(
    ("operation", "permission", "what"),
    [
        ("GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails", "authorization details"),
        ("GenerateCredentialReport", "iam:GenerateCredentialReport", "credential report"),
        ("GetCredentialReport", "iam:GetCredentialReport", "credential report"),
        ("ListAccessKeys", "iam:ListAccessKeys", "access key ids"),
        ("GetAccountSummary", "iam:GetAccountSummary", "account summary"),
        ("GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy", "password policy"),
        ("ListVirtualMFADevices", "iam:ListVirtualMFADevices", "virtual MFA devices"),
        ("DescribeTrails", "cloudtrail:DescribeTrails", "trails"),
        ("GetTrailStatus", "cloudtrail:GetTrailStatus", "status of trail"),
        ("GetEventSelectors", "cloudtrail:GetEventSelectors", "event selectors of trail"),
    ],
)
def test_a_refused_call_is_missing_with_the_permission_it_needs(session, aws, refuse, operation, permission, what):
    furnish(session)
    refuse(operation)

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once)

    assert {f"AWS answered `AccessDenied`: allow `{permission}` to the collecting principal"} == {
        entry.why for entry in capture.missing
    }
    assert all(what in entry.what for entry in capture.missing)
    assert capture.missing != ()


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeOrganization",
        "ListRoots",
        "ListAccountsForParent",
        "ListOrganizationalUnitsForParent",
        "ListPolicies",
        "DescribePolicy",
        "ListTargetsForPolicy",
    ],
)
def test_a_refused_look_at_the_organization_is_missing(session, aws, refuse, operation):
    organize(session)
    refuse(operation, "AccessDeniedException")

    capture = collect_aws(session, captured_at=aws.at, sleep=at_once, role="audit", organization=True)

    assert any(f"allow `organizations:{operation}`" in entry.why for entry in capture.missing)


def test_any_other_failure_is_raised(session, aws, refuse):
    refuse("GetAccountSummary", "ServiceFailure")

    with pytest.raises(SourceError, match="`iam get_account_summary`"):
        collect_aws(session, captured_at=aws.at, sleep=at_once)


def test_no_answer_at_all_is_raised(session, aws, monkeypatch):
    def silence(client, operation_name, parameters):
        raise EndpointConnectionError(endpoint_url="https://example.com")

    monkeypatch.setattr(BaseClient, "_make_api_call", silence)

    with pytest.raises(SourceError, match="check credentials, region and network"):
        collect_aws(session, captured_at=aws.at, sleep=at_once)


def test_the_report_is_waited_for_with_growing_pauses(session, refuse):
    pauses: list[float] = []
    refuse("GetCredentialReport", "ReportInProgress", times=3)

    raw = gather(session, sleep=pauses.append)

    assert () == raw.missing
    assert list(BACK_OFF_SECONDS[: len(pauses)]) == pauses
    assert len(pauses) >= 3


def test_a_report_that_never_comes_is_missing(session, refuse):
    pauses: list[float] = []
    refuse("GetCredentialReport", "ReportInProgress")

    raw = gather(session, sleep=pauses.append)

    why = "AWS had not made the report after 300 seconds: collect again later"
    assert (Missing(f"{CALLER}: credential report", why),) == raw.missing
    assert BACK_OFF_SECONDS == tuple(pauses)


def test_the_policy_names_exactly_the_calls_that_are_made(session, calls):
    furnish(session)
    organize(session)
    calls.clear()

    gather(session, sleep=at_once, role="audit", organization=True)

    free = {"sts:GetCallerIdentity"}  # needs no permission
    collecting = {"account", "organization", "role"}
    # those of Identity Center: test_identity_center_aws.py; of tags that AWS gives anyway: test_tags_aws.py
    elsewhere = {"sso", "identitystore"}, {"iam:ListRoleTags", "iam:ListUserTags"}
    assert {
        p.action
        for p in permissions()
        if p.needs in collecting and p.action.split(":")[0] not in elsewhere[0] and p.action not in elsewhere[1]
    } == {call for call in calls if not call.startswith("sso-admin:")} - free


def test_the_policy_grows_only_with_what_is_asked_for():
    small = collector_policy()
    large = collector_policy(organization=True, role="audit")

    assert ["ReadAccountState"] == [statement["Sid"] for statement in small["Statement"]]
    assert "arn:*:iam::*:role/audit" == large["Statement"][2]["Resource"]


def test_nothing_secret_is_in_the_raw_answers(session):
    furnish(session)

    text = json.dumps([document.body for document in gather(session, sleep=at_once).documents])

    assert not [word for word in ("SecretAccessKey", "SessionToken", "Base32StringSeed", "QRCodePNG") if word in text]


def test_a_server_on_loopback_is_collected_like_aws(aws, dummy, monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        dummy.client("iam").create_user(UserName="alice")

        capture = collect_aws(dummy, captured_at=aws.at, sleep=at_once)
    finally:
        server.stop()

    assert 1 == capture.accounts[CALLER]["users"]
