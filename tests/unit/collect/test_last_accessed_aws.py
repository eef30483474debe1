"""A job of service last accessed for each principal: pages, patience, refusals; and tags that AWS was asked for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from iamaudit.collect.assemble import assemble
from iamaudit.collect.aws import gather
from iamaudit.collect.export import export
from iamaudit.collect.files import collect_files
from iamaudit.collect.last_accessed_calls import WAITS_SECONDS, last_accessed_documents
from iamaudit.collect.permissions import collector_policy
from iamaudit.collect.raw import Document
from iamaudit.collect.reader import Reader

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
PAGES: dict[str | None, dict[str, Any]] = {
    None: {
        "ServicesLastAccessed": [
            {
                "ServiceName": "Amazon S3",
                "ServiceNamespace": "s3",
                "LastAuthenticated": "2026-10-01T00:00:00+00:00",
                "TrackedActionsLastAccessed": [
                    {"ActionName": "ListAllMyBuckets", "LastAccessedTime": "2026-10-01T00:00:00Z"},
                    {"ActionName": "CreateBucket"},
                ],
            }
        ],
        "IsTruncated": True,
        "Marker": "two",
    },
    "two": {"ServicesLastAccessed": [{"ServiceName": "Amazon SQS", "ServiceNamespace": "sqs"}], "IsTruncated": False},
}


def at_once(_seconds: float) -> None:
    """A pause that does not take place."""


@pytest.fixture
def made() -> list[tuple[str, dict[str, Any]]]:
    """The calls that the jobs took, with their parameters."""
    return []


@pytest.fixture
def account(dummy, monkeypatch, made) -> Iterator[Callable[..., boto3.Session]]:
    """An account with a user, a role and a service-linked role; moto has no jobs, so they are recorded answers."""
    with mock_aws():
        iam = dummy.client("iam")
        iam.create_user(UserName="alice")
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
        iam.create_role(RoleName="linked", Path="/aws-service-role/x.amazonaws.com/", AssumeRolePolicyDocument=TRUST)
        original = BaseClient._make_api_call

        def arrange(*, in_progress: int = 0, **errors: str) -> boto3.Session:
            waiting: dict[str, int] = {}

            def answer(client, operation, parameters):
                if operation in errors:
                    raise ClientError({"Error": {"Code": errors[operation], "Message": "no"}}, operation)
                if operation == "GenerateServiceLastAccessedDetails":
                    made.append((operation, parameters))
                    return {"JobId": parameters["Arn"]}
                if operation != "GetServiceLastAccessedDetails":
                    return original(client, operation, parameters)
                made.append((operation, parameters))
                job = parameters["JobId"]
                waiting[job] = waiting.get(job, 0) + 1
                if waiting[job] <= in_progress:
                    return {"JobStatus": "IN_PROGRESS"}
                return {"JobStatus": "COMPLETED", **PAGES[parameters.get("Marker")]}

            monkeypatch.setattr(BaseClient, "_make_api_call", answer)
            return dummy

        yield arrange


def test_each_user_and_role_is_asked_action_by_action(account, made):
    gather(account(), sleep=at_once, last_accessed=True)

    assert {
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "ACTION_LEVEL"),
        (f"arn:aws:iam::{ACCOUNT}:role/app", "ACTION_LEVEL"),
    } == {(parameters["Arn"], parameters["Granularity"]) for name, parameters in made if name.startswith("Generate")}


def test_nobody_is_asked_unless_wanted(account, made):
    gather(account(), sleep=at_once)

    assert [] == made


def test_pages_are_one_answer(account, aws, rows):
    capture = assemble(gather(account(), sleep=at_once, last_accessed=True), captured_at=aws.at)

    assert {("alice", "s3"), ("alice", "sqs"), ("app", "s3"), ("app", "sqs")} == {
        (row["principal_arn"].rpartition("/")[2], row["service"])
        for row in rows(capture, "service_last_accessed", "principal_arn", "service")
    }
    assert [] == [entry for entry in capture.missing if "last page" in entry.what]


def test_the_exported_files_know_their_principal(account, aws, tmp_path):
    raw = gather(account(), sleep=at_once, last_accessed=True)
    direct = assemble(raw, captured_at=aws.at)

    carried = collect_files(export(raw, tmp_path), captured_at=aws.at)

    assert direct == carried
    assert 4 == carried.tables["service_last_accessed"].num_rows


def test_times_of_actions_have_one_spelling(account, aws, rows):
    capture = assemble(gather(account(), sleep=at_once, last_accessed=True), captured_at=aws.at)

    texts = {row["actions"] for row in rows(capture, "service_last_accessed", "actions")} - {None}
    assert [
        {"ActionName": "ListAllMyBuckets", "LastAccessedTime": "2026-10-01T00:00:00+00:00"},
        {"ActionName": "CreateBucket"},
    ] == json.loads(texts.pop())


def test_a_job_is_waited_for(account, aws):
    pauses: list[float] = []
    reader = Reader(account(in_progress=3))
    details = Document("authorization_details", reader.call("iam", "get_account_authorization_details"), "d.json")

    found = list(last_accessed_documents(reader, ACCOUNT, [details], sleep=pauses.append))

    assert ["user/alice", "role/app"] == [(document.subject or "").rpartition(":")[2] for document in found]
    assert sorted(WAITS_SECONDS[:3] * 2) == sorted(pauses)


def test_a_job_that_does_not_end_is_a_gap(account):
    raw = gather(account(in_progress=1000), sleep=at_once, last_accessed=True)

    assert 2 == sum("had not finished the job after" in entry.why for entry in raw.missing)


@pytest.mark.parametrize("operation", ["GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"])
def test_a_refused_job_is_one_gap(account, aws, operation):
    raw = gather(account(**{operation: "AccessDenied"}), sleep=at_once, last_accessed=True)

    gaps = {entry.why for entry in raw.missing}
    assert {f"AWS answered `AccessDenied`: allow `iam:{operation}` to the collecting principal"} == gaps


def test_a_principal_that_is_gone_is_no_gap(account):
    raw = gather(account(GenerateServiceLastAccessedDetails="NoSuchEntity"), sleep=at_once, last_accessed=True)

    assert () == raw.missing


def test_the_policy_names_the_jobs_only_when_asked_for():
    small, large = collector_policy(), collector_policy(last_accessed=True)

    assert ["ReadAccountState"] == [statement["Sid"] for statement in small["Statement"]]
    assert ["iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"] == large["Statement"][1][
        "Action"
    ]
