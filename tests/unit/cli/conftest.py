"""The command line as a user meets it, and a small lake to ask."""

import json
import sys
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from moto import mock_aws

from iamaudit import cli

ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def line(self):
        """The one line on standard error, without the tool's name."""
        assert self.err.startswith("iamaudit: "), self.err
        assert 1 == self.err.count("\n"), self.err
        return self.err.removeprefix("iamaudit: ").rstrip("\n")

    @property
    def rows(self):
        """Standard output, read as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def made_up_aws(service_models, monkeypatch):
    """An AWS of moto, and keys that open nothing else."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def run():
    """Run a command in this process through the same `main` that a shell calls."""

    def run(*words, stdin=b""):
        patch = pytest.MonkeyPatch()
        patch.setattr(sys, "argv", ["iamaudit", *map(str, words)])
        runner = CliRunner()
        with runner.isolation(input=stdin) as streams:
            try:
                cli.main()
                code = 0
            except SystemExit as leave:
                code = leave.code or 0
            finally:
                patch.undo()
            sys.stdout.flush()
            sys.stderr.flush()
            return Answer(code, streams[0].getvalue().decode(), streams[1].getvalue().decode())

    return run


def record(number, name="GetRole", **changed):
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-01T10:00:{number:02}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventID": f"event-{number}",
        "readOnly": True,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "requestParameters": {"roleName": "r"},
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
            "accountId": ACCOUNT,
            "principalId": "AIDAANN",
            "userName": "ann",
            "accessKeyId": "AKIAANN",
        },
        **changed,
    }


def user(name, *policies):
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper()}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "CreateDate": "2025-01-01T00:00:00Z",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": f"p{n}", "PolicyDocument": policy} for n, policy in enumerate(policies)],
    }


def allow(*actions):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def details(*users):
    return {"UserDetailList": list(users), "GroupDetailList": [], "RoleDetailList": [], "Policies": []}


@pytest.fixture(scope="session")
def lake(run, tmp_path_factory):
    """A lake with a day of logs and the state of two users."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "logs").mkdir()
    (folder / "state").mkdir()
    records = [record(1), record(2), record(3, "DeleteRole", errorCode="AccessDenied")]
    (folder / "logs" / "a.json").write_text(json.dumps({"Records": records}))
    (folder / "state" / "details.json").write_text(
        json.dumps(details(user("ann", allow("iam:GetRole", "iam:ListRoles")), user("bob", allow("iam:ListUsers"))))
    )
    run("ingest", folder / "logs", "--lake", folder / "lake")
    run("collect", "--from-files", folder / "state", "--lake", folder / "lake", "--as-of", "2026-11-02")
    return folder / "lake"
