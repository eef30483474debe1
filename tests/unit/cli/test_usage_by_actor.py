"""`usage --by actor`: who inside a shared role used it."""

import json

import pytest

import iamaudit
from tests.unit.cli.conftest import ACCOUNT, record

AS_OF = ("--as-of", "2026-11-02", "--window", "1")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shared"


def asked(number, key):
    """AssumeRole by the user ann, and the key in its answer."""
    return record(
        number,
        "AssumeRole",
        eventSource="sts.amazonaws.com",
        requestParameters={"roleArn": ROLE, "roleSessionName": "work"},
        responseElements={"credentials": {"accessKeyId": key}},
    )


def called(number, key):
    return record(
        number,
        userIdentity={
            "type": "AssumedRole",
            "accountId": ACCOUNT,
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/shared/work",
            "principalId": "AROASHARED:work",
            "accessKeyId": key,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "principalId": "AROASHARED"}},
        },
    )


@pytest.fixture(scope="module")
def shared_lake(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    (folder / "log.json").write_text(json.dumps([asked(1, "ASIA1"), called(2, "ASIA1"), called(3, "ASIA2")]))
    assert run("ingest", folder / "log.json", "--lake", folder / "lake").code == 0
    return folder / "lake"


def test_the_user_who_assumed_the_role_is_told_from_a_session_of_nobody_knows_who(run, shared_lake):
    rows = run("usage", "--lake", shared_lake, *AS_OF, "--by", "actor", "--principal", ROLE, "--json").rows

    assert [("session", "work", None, 1), ("user", "ann", f"arn:aws:iam::{ACCOUNT}:user/ann", 1)] == [
        (row["actor_kind"], row["actor"], row["assumed_by"], row["count"]) for row in rows
    ]


def test_by_principal_the_role_is_one(run, shared_lake):
    rows = run("usage", "--lake", shared_lake, *AS_OF, "--principal", ROLE, "--json").rows

    assert [2] == [row["count"] for row in rows]
    assert "actor" not in rows[0]


def test_the_table_for_people_names_them(run, shared_lake):
    answer = run("usage", "--lake", shared_lake, *AS_OF, "--by", "actor")

    assert answer.code == 0
    assert "actor" in answer.out
    assert "ann" in answer.out


def test_who_used_it_is_one_query(run, shared_lake):
    rows = run(
        "query", "--lake", shared_lake, "select actor from usage_actors where action = 'iam:GetRole'", "--json"
    ).rows

    assert {"ann", "work"} == {row["actor"] for row in rows}


def test_the_library_answers_the_same(shared_lake):
    found = iamaudit.usage(shared_lake, as_of="2026-11-02", by="actor")

    assert {"ann", "work"} == set(found[found["action"] == "iam:GetRole"]["actor"])
