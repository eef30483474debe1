"""A folder of exported files of made-up accounts, and how to collect it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from iamaudit.collect.capture import Capture
from iamaudit.collect.files import collect_files

AT = datetime(2026, 11, 1, tzinfo=UTC)
ACCOUNT = "111122223333"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)


def user(name: str, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    """A user as authorization details print it."""
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Arn": f"arn:aws:iam::{account}:user/{name}",
        "CreateDate": "2025-01-02T03:04:05+00:00",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        **more,
    }


def role(name: str, account: str = ACCOUNT, path: str = "/", **more: Any) -> dict[str, Any]:
    """A role as authorization details print it."""
    return {
        "Path": path,
        "RoleName": name,
        "RoleId": f"AROA{name.upper()}",
        "Arn": f"arn:aws:iam::{account}:role{path}{name}",
        "CreateDate": "2025-01-02T03:04:05+00:00",
        "AssumeRolePolicyDocument": ALLOW,
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "RoleLastUsed": {},
        **more,
    }


def group(name: str, account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    """A group as authorization details print it."""
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{name.upper()}",
        "Arn": f"arn:aws:iam::{account}:group/{name}",
        "CreateDate": "2025-01-02T03:04:05+00:00",
        "GroupPolicyList": [],
        "AttachedManagedPolicies": [],
        **more,
    }


def policy(arn: str, document: Any = ALLOW, **more: Any) -> dict[str, Any]:
    """A managed policy with two versions, of which `v2` is in force."""
    return {
        "PolicyName": arn.rpartition("/")[2],
        "Arn": arn,
        "DefaultVersionId": "v2",
        "CreateDate": "2025-01-02T03:04:05+00:00",
        "UpdateDate": "2025-02-02T03:04:05+00:00",
        "PolicyVersionList": [
            {"Document": {"Version": "2012-10-17", "Statement": []}, "VersionId": "v1", "IsDefaultVersion": False},
            {"Document": document, "VersionId": "v2", "IsDefaultVersion": True},
        ],
        **more,
    }


def details(**lists: Any) -> dict[str, Any]:
    """Authorization details with the lists given and the others empty."""
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], **lists}


def report(*rows: str) -> str:
    """A credential report of rows like `alice,true,…`, which begin with the user's name."""
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture
def aws() -> SimpleNamespace:
    """Builders of AWS's answers."""
    return SimpleNamespace(
        at=AT,
        account=ACCOUNT,
        allow=ALLOW,
        header=HEADER,
        user=user,
        role=role,
        group=group,
        policy=policy,
        details=details,
        report=report,
    )


@pytest.fixture
def collected(tmp_path: Path) -> Callable[..., Capture]:
    """Write files by name (text, bytes or JSON) and collect them."""

    def collect(files: dict[str, Any]) -> Capture:
        for name, content in files.items():
            path = tmp_path / "exports" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return collect_files(tmp_path / "exports", captured_at=AT)

    return collect


@pytest.fixture
def why() -> Callable[[Capture, str], list[str]]:
    """The reasons of a capture's gaps whose name holds a word."""

    def reasons(capture: Capture, word: str) -> list[str]:
        return [entry.why for entry in capture.missing if word in entry.what]

    return reasons


@pytest.fixture
def rows() -> Callable[..., list[dict[str, Any]]]:
    """Some columns of a capture's table."""

    def select(capture: Capture, table: str, *columns: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = capture.tables[table].select(list(columns)).to_pylist()
        return found

    return select


@pytest.fixture(scope="session")
def aws_time() -> datetime:
    """The capture time, for laws: Hypothesis wants fixtures that do not change."""
    return AT


@pytest.fixture(scope="module")
def dummy(service_models: None) -> Iterator[boto3.Session]:
    """One session with made-up keys for all tests of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.delenv("AWS_PROFILE", raising=False)
        yield boto3.Session("testing", "testing", "testing", region_name="eu-west-1")
