"""The lake on the engine: policies as rows, coverage as rows, times as text."""

import json
from datetime import UTC, datetime

import pyarrow as pa

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.policy.parse import parse
from iamaudit.stages.ingest import ingest
from iamaudit.stages.workbench import actions_table, engine_on, patterns_of

NOW = datetime(2026, 11, 2, tzinfo=UTC)
USER = "arn:aws:iam::111122223333:user/ann"


def engine_with(tmp_path, *documents):
    lake = create_lake(tmp_path / "lake")
    rows = {
        "principals": [{"account_id": "111122223333", "arn": USER, "kind": "user", "name": "ann"}],
        "policies": [
            {
                "account_id": "111122223333",
                "policy_id": f"{USER}#{n}",
                "name": str(n),
                "kind": "inline",
                "document": text,
            }
            for n, text in enumerate(documents)
        ],
    }
    tables = {
        kind: pa.Table.from_pylist([{"captured_at": NOW, **row} for row in found], schema=STATE_SCHEMAS[kind])
        for kind, found in rows.items()
    }
    write_state(lake, tables, captured_at=NOW, accounts={}, missing=())
    return engine_on(lake, Settings(), NOW)


def statement(**fields):
    return json.dumps({"Statement": [{"Effect": "Allow", "Resource": "*", **fields}]})


def test_every_action_pattern_of_a_policy_is_a_row(tmp_path):
    with engine_with(tmp_path, statement(Action=["s3:Get*", "sqs:*"], Sid="Read")) as engine:
        rows = engine.table("statements").to_pylist()

    assert {("s3:Get*", "Read", "Allow", True), ("sqs:*", "Read", "Allow", True)} == {
        (row["pattern"], row["sid"], row["effect"], row["covers_everything"]) for row in rows
    }


def test_a_policy_that_cannot_be_read_is_a_problem_and_the_others_are_read(tmp_path):
    with engine_with(tmp_path, "not json", None, statement(Action="s3:GetObject")) as engine:
        problems = {row["policy_id"]: row["problem"] for row in engine.table("policy_problems").to_pylist()}
        statements = engine.table("statements")

    assert "its document was not collected" == problems[f"{USER}#1"]
    assert f"{USER}#0" in problems
    assert 1 == statements.num_rows


def test_a_not_action_is_one_pattern_that_grants_the_rest(tmp_path):
    with engine_with(tmp_path, statement(NotAction=["iam:*", "s3:*"])) as engine:
        patterns = set(engine.table("statements")["pattern"].to_pylist())
        actions = set(engine.table("expansions")["action"].to_pylist())

    assert {'not:["iam:*", "s3:*"]'} == patterns
    assert "sqs:ListQueues" in actions
    assert not [action for action in actions if action.startswith(("iam:", "s3:"))]


def test_patterns_are_sorted_and_each_once():
    (found,) = parse(statement(Action=["b:B", "a:A", "b:B"]), name="p").statements

    assert ["a:A", "b:B"] == patterns_of(found)


def test_every_action_of_the_catalogue_says_whether_its_use_would_show(tmp_path):
    with engine_with(tmp_path) as engine:
        rows = {row["action"]: row for row in engine.table("actions").to_pylist()}

    assert ("management", "management:read") == (rows["iam:GetRole"]["observed"], rows["iam:GetRole"]["category"])
    assert ("data", "data:AWS::S3::Object") == (rows["s3:GetObject"]["observed"], rows["s3:GetObject"]["category"])
    assert "all:data:AWS::SNS::Topic+data:AWS::SNS::PlatformEndpoint" == rows["sns:Publish"]["category"]
    assert ("implied", None) == (rows["iam:PassRole"]["observed"], rows["iam:PassRole"]["category"])
    assert all(row["why"] for row in rows.values())


def test_an_empty_lake_answers_with_empty_tables(tmp_path):
    with engine_on(create_lake(tmp_path / "lake"), Settings(), NOW) as engine:
        empty = {
            name: engine.table(name).num_rows
            for name in engine.models
            if name != "usage_rollup" and "mapped" not in engine.models[name].header["reads"]
        }

    assert {0} == set(empty.values())


def test_the_window_ends_with_the_last_whole_day():
    parameters = Settings(window_days=90).parameters(datetime(2026, 11, 23, 2, 15, tzinfo=UTC))

    assert ("2026-08-25", "2026-11-23") == (parameters["window_start"], parameters["window_end"])


def test_days_after_as_of_are_not_seen(tmp_path):
    """A run that is repeated with the same `--as-of` sees what it saw, whatever came in since."""
    lake = create_lake(tmp_path / "lake")
    logs = tmp_path / "logs.json"
    times = ("2026-11-01T10:00:00Z", "2026-11-03T10:00:00Z")
    logs.write_text(
        json.dumps(
            [
                {
                    "eventID": time,
                    "eventTime": time,
                    "eventSource": "iam.amazonaws.com",
                    "eventName": "ListRoles",
                    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a"},
                }
                for time in times
            ]
        )
    )
    ingest([logs], lake)

    with engine_on(lake, Settings(), datetime(2026, 11, 2, tzinfo=UTC)) as engine:
        days = engine.query("select dt from usage").column("dt").to_pylist()

    assert ["2026-11-01"] == days


def test_a_statement_tells_which_of_its_resources_objects_can_be_among(tmp_path):
    listed = [
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::bucket/in/*",
        "arn:aws:s3:::buck*",
        "arn:aws:sqs:eu-west-1:111122223333:*",
        "arn:aws:s3",
    ]
    all_but = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "NotResource": listed[:1]}]})

    with engine_with(tmp_path, statement(Action="s3:*", Resource=listed), all_but) as engine:
        found = [row["objects"] for row in engine.table("statements").to_pylist()]

    assert [["arn:aws:s3:::bucket/in/*", "arn:aws:s3:::buck*", "arn:aws:s3"], ["*"]] == found


def test_actions_on_objects_alone_are_told_from_those_on_their_buckets():
    found = {row["action"]: row["is_on_objects"] for row in actions_table().to_pylist()}

    assert (True, False, False) == (found["s3:DeleteObject"], found["s3:ListBucket"], found["sqs:SendMessage"])
