"""Logs in a bucket, a lake in a bucket: every verb works as on folders, and the answers are the same."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from click.testing import CliRunner

from iamaudit.cli import cli
from iamaudit.errors import LakeNotFoundError
from iamaudit.lake.lake import create_lake as create_lake_in_folder
from iamaudit.model.place import AwsAccess
from iamaudit.stages.ingest import ingest
from iamaudit.stages.places import create_lake, find_lake, open_source, window_of
from tests.conformance.s3_servers import access_to, fill

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FOLDER = "AWSLogs/111122223333/CloudTrail/eu-west-1"


def record(number: int, day: int) -> dict:
    return {
        "eventVersion": "1.11",
        "eventID": f"e{number}",
        "eventTime": f"2026-11-{day:02}T07:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"},
    }


OBJECTS = {
    f"org/{FOLDER}/2026/11/{day:02}/{day}.json": json.dumps({"Records": [record(day, day)]}).encode()
    for day in range(7, 14)
}
ALL = len(OBJECTS)


@pytest.fixture(scope="module")
def url(moto_url):
    fill(moto_url, "trail", OBJECTS)
    fill(moto_url, "lakes", {"taken/x": b"x"})
    return moto_url


@pytest.fixture
def access(url) -> AwsAccess:
    return access_to(url)


@pytest.fixture
def run(url, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def invoke(*arguments):
        answer = CliRunner().invoke(cli, [str(word) for word in arguments], catch_exceptions=False)
        assert 0 == answer.exit_code, answer.output
        return [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]

    return invoke


def test_a_night_on_buckets(run):
    lake = "s3://lakes/first"
    [first] = run("ingest", "s3://trail/org", "--lake", lake, "--json")
    [again] = run("ingest", "s3://trail/org", "--lake", lake, "--json")
    found = run("query", "select count(*) as n from events", "--lake", lake, "--json")
    used = run("usage", "--lake", lake, "--as-of", "2026-11-24", "--json")

    assert (ALL, ALL) == (first["objects"]["ingested"], first["records"]["kept"])
    assert (0, ALL) == (again["objects"]["ingested"], again["objects"]["already_ingested"])
    assert [{"n": ALL}] == found
    assert ["iam:ListUsers"] == [row["action"] for row in used]
    run("lake", "check", "--lake", lake)


def test_a_window_of_a_bucket(run):
    [found] = run(
        "ingest",
        "s3://trail/org/",
        "--lake",
        "s3://lakes/window",
        "--json",
        "--since",
        "2026-11-10",
        "--until",
        "2026-11-11",
    )

    assert 4 == found["objects"]["seen"]  # with a day of slack before and after


def test_folder_and_bucket_give_the_same_lake(access, tmp_path):
    for key, data in OBJECTS.items():
        path = tmp_path / "trail" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    near, far = create_lake_in_folder(tmp_path / "near"), create_lake("s3://lakes/same", access, cache=tmp_path)

    ingest([tmp_path / "trail"], near)
    ingest([open_source("s3://trail", access, as_of=NOW)], far)

    assert [part.key for part in near.event_parts()] == [part.key for part in far.event_parts()]
    [same] = [ingest([open_source("s3://trail", access, as_of=NOW)], near)]
    assert (ALL, 0) == (same.already_ingested, same.ingested)


def test_a_queue_is_emptied_once_its_objects_are_in_the_lake(access, url, tmp_path):
    sqs = boto3.client("sqs", endpoint_url=url, region_name="eu-west-1")
    queue = sqs.create_queue(QueueName="announcements")["QueueUrl"]
    for key in OBJECTS:
        body = {"s3Bucket": "trail", "s3ObjectKey": [key]}
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    lake = create_lake_in_folder(tmp_path / "lake")

    done = ingest([open_source(queue, access, as_of=NOW)], lake)

    assert (ALL, ALL) == (done.ingested, done.records.kept)
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert ("0", "0") == (left["ApproximateNumberOfMessages"], left["ApproximateNumberOfMessagesNotVisible"])
    sqs.close()


def test_a_role_is_assumed_for_the_logs(access, url, tmp_path):
    made = AwsAccess(region="eu-west-1", endpoint_url=url, role_arn="arn:aws:iam::123456789012:role/reader")
    source = open_source("s3://trail/org/", made, as_of=NOW)

    assert ALL == len(list(source.list()))
    key = source.s3.connection.client("s3")._request_signer._credentials.access_key
    assert key.startswith("ASIA")


def test_a_place_without_a_lake_is_told(access, tmp_path):
    with pytest.raises(LakeNotFoundError, match="no lake at `s3://lakes/none`"):
        find_lake("s3://lakes/none", access, cache=tmp_path)


def test_a_place_that_holds_something_else_does_not_become_a_lake(access, tmp_path):
    with pytest.raises(LakeNotFoundError, match="holds objects and is not a lake"):
        create_lake("s3://lakes/taken", access, cache=tmp_path)


def test_the_last_days_are_a_window():
    assert "2026-11-13" == window_of(now=NOW, since_days=10).first_day
    assert window_of(now=NOW).is_open
