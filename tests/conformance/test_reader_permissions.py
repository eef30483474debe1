"""What reading logs and keeping a lake may do is exactly what they call, and what the documentation says."""

import json
import re
from pathlib import Path

import boto3
import pytest
from botocore.client import BaseClient

from iamaudit.collect.permissions import permissions, reader_policy
from iamaudit.sources.bucket import Bucket
from iamaudit.sources.connect import Connection
from iamaudit.sources.queue import Queue
from iamaudit.sources.s3_store import open_store
from tests.conformance.s3_servers import PATIENT, access_to, fill, s3_at
from tests.unit.sources.test_event_history import FakeAws, history

# the calls whose permission has another name (Service Authorization Reference)
NAMES = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


@pytest.fixture
def calls(monkeypatch):
    """Every call that reaches AWS, as the IAM action that it needs."""
    made = set()
    original = BaseClient._make_api_call

    def record(client, operation_name, parameters):
        name = f"{client.meta.service_model.service_name}:{operation_name}"
        made.add(NAMES.get(name, name))
        return original(client, operation_name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return made


def needed(*needs: str) -> set[str]:
    return {permission.action for permission in permissions() if permission.needs in needs}


def test_a_bucket(moto_url, calls):
    fill(moto_url, "read-only", {"logs/a": b"x"})
    source = Bucket(s3_at(moto_url, "read-only"), "logs")
    calls.clear()

    for entry in source.list():
        source.open(entry).close()
        source.metadata(entry)

    assert needed("bucket") == calls


def test_a_queue(moto_url, calls):
    client = boto3.client("sqs", endpoint_url=moto_url, region_name="eu-west-1")
    url = client.create_queue(QueueName="permissions")["QueueUrl"]
    for keys in (["a"], ["b", "c"]):
        client.send_message(QueueUrl=url, MessageBody=json.dumps({"s3Bucket": "b", "s3ObjectKey": keys}))
    clock = iter(range(0, 100_000, 400))
    queue = Queue(url, Connection(access_to(moto_url)), "eu-west-1", PATIENT, 600, 0, lambda: next(clock))
    calls.clear()

    queue.done(list(queue.list())[:2])
    client.close()

    assert needed("queue") == calls


def test_the_event_history():
    asked = set()

    class Watched(FakeAws):
        def __call__(self, service, region):
            return Spy(service, super().__call__(service, region))

    class Spy:
        def __init__(self, service, client) -> None:
            self.service, self.client = service, client

        def __getattr__(self, name):
            asked.add(f"{self.service}:{''.join(word.capitalize() for word in name.split('_'))}")
            return getattr(self.client, name)

    source = history(Watched(), regions=())
    source.open(next(source.list()))

    assert needed("history") == asked - {"sts:GetCallerIdentity"}  # which needs no permission


def test_a_lake(moto_url, calls, tmp_path):
    fill(moto_url, "kept", {})
    store = open_store("kept", "lake", access_to(moto_url), cache=tmp_path, patience=PATIENT)
    calls.clear()

    store.write("a", b"x")
    store.write_new("a", b"x")
    store.location("a")
    assert store.exists("a")
    assert store.age("a") > -60
    assert ["a"] == list(store.list(""))
    store.delete("a")

    assert needed("lake") == calls


def test_a_policy_has_only_what_the_places_need():
    document = reader_policy(bucket="my-trail")

    assert [
        ("ReadLogsListing", ["s3:ListBucket"], "arn:*:s3:::my-trail"),
        ("ReadLogsObjects", ["s3:GetObject"], "arn:*:s3:::my-trail/*"),
    ] == [(entry["Sid"], entry["Action"], entry["Resource"]) for entry in document["Statement"]]


def test_the_documentation_prints_the_policy():
    [shown] = re.findall(r"<!-- reader -->\s+```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)

    assert json.loads(shown) == reader_policy(
        bucket="my-trail",
        key_arn="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        queue_arn="arn:aws:sqs:eu-west-1:111122223333:new-logs",
        history=True,
        verify=True,
        lake="my-lake",
    )
