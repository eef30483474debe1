"""An account played by moto, and everything that stands in it."""

import json
import re
from datetime import UTC, datetime

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from iamaudit.apply.account import open_account

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def dummy(service_models):
    """One session for all tests."""
    return boto3.Session("testing", "testing", "testing", region_name="us-east-1")


@pytest.fixture
def session(dummy, monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws():
        yield dummy


@pytest.fixture
def iam(session):
    """A client of the account, which reads documents as botocore gives them."""
    return session.client("iam")


@pytest.fixture
def account(session):
    return open_account(session, ACCOUNT)


@pytest.fixture
def calls(monkeypatch):
    """Every call that reaches IAM; a test may put an exception into `calls.raising` by operation and occurrence."""
    made = Calls()
    original = BaseClient._make_api_call

    def record(client, operation, parameters):
        if client.meta.service_model.service_name == "iam":
            made.append(operation)
        if (error := made.before.get(operation)) is not None:
            raise error
        answer = original(client, operation, parameters)
        if (error := made.after.get(operation)) is not None:
            raise error
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return made


class Calls(list):
    """The operations called; `before` and `after` hold what is raised before or after a call takes effect."""

    def __init__(self):
        self.before, self.after = {}, {}


@pytest.fixture
def details(account, iam):
    """Return a function that reads all that stands in the account, documents as their very text, times left out."""

    def read():
        kinds = ["User", "Role", "Group", "LocalManagedPolicy"]
        found = account.read("get_account_authorization_details", Filter=kinds)
        found.pop("ResponseMetadata", None)
        for user in found["UserDetailList"]:
            keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
            user["Keys"] = sorted((key["AccessKeyId"], key["Status"]) for key in keys)
        text = json.dumps(found, sort_keys=True, default=str)
        return ordered(json.loads(re.sub(r'"(CreateDate|UpdateDate|LastUsedDate)": "[^"]*"', r'"\1": ""', text)))

    return read


def ordered(value):
    """Sort every list: the order in which IAM tells attachments means nothing."""
    if isinstance(value, dict):
        return {key: ordered(item) for key, item in value.items()}
    return sorted((ordered(item) for item in value), key=json.dumps) if isinstance(value, list) else value


@pytest.fixture
def clock():
    return lambda: datetime(2026, 11, 27, 12, tzinfo=UTC)
