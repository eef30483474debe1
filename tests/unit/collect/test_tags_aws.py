"""Tags by API: of policies always, of principals when their details lack them."""

import json
from collections.abc import Iterator

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from iamaudit.collect.raw import Document
from iamaudit.collect.reader import Reader
from iamaudit.collect.tag_calls import tag_documents

ACCOUNT = "123456789012"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TAGS = [{"Key": "team", "Value": "core"}]


@pytest.fixture
def reader(dummy) -> Iterator[Reader]:
    """An account with a tagged policy, role and user."""
    with mock_aws():
        iam = dummy.client("iam")
        iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT, Tags=TAGS)
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=DOCUMENT, Tags=TAGS)
        iam.create_user(UserName="u", Tags=TAGS)
        yield Reader(dummy)


@pytest.fixture
def details(reader) -> Document:
    body = reader.call("iam", "get_account_authorization_details")
    return Document("authorization_details", body, "d.json", ACCOUNT)


def without_tags(details: Document) -> Document:
    """The details as a tool writes them that leaves tags out."""
    lists = {
        name: [{key: value for key, value in entry.items() if key != "Tags"} for entry in entries]
        for name, entries in details.body.items()
        if isinstance(entries, list)
    }
    return Document("authorization_details", lists, "d.json", ACCOUNT)


def test_policies_are_asked_for_their_tags(reader, details):
    [document] = tag_documents(reader, ACCOUNT, [details])

    assert [{"Arn": f"arn:aws:iam::{ACCOUNT}:policy/p", "Tags": TAGS}] == document.body["TagsOf"]


def test_principals_without_tags_in_their_details_are_asked(reader, details):
    [document] = tag_documents(reader, ACCOUNT, [without_tags(details)])

    assert {"p", "r", "u"} == {entry["Arn"].rpartition("/")[2] for entry in document.body["TagsOf"]}
    assert all(TAGS == entry["Tags"] for entry in document.body["TagsOf"])


def test_a_refusal_is_one_gap_with_its_permission(reader, details, monkeypatch):
    reader.session.client("iam").create_policy(PolicyName="q", PolicyDocument=DOCUMENT)
    body = reader.call("iam", "get_account_authorization_details")
    original = BaseClient._make_api_call

    def refuse(client, operation, parameters):
        if operation == "ListPolicyTags":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return original(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    found = list(tag_documents(reader, ACCOUNT, [Document("authorization_details", body, "d.json", ACCOUNT)]))

    assert [] == found
    assert ["AWS answered `AccessDenied`: allow `iam:ListPolicyTags` to the collecting principal"] == [
        entry.why for entry in reader.missing
    ]


def test_a_policy_deleted_meanwhile_is_left_out(reader, details):
    reader.session.client("iam").delete_policy(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/p")

    found = list(tag_documents(reader, ACCOUNT, [details]))

    assert ([], []) == (found, reader.missing)
