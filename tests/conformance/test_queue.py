"""A queue of notices: each object once, no message deleted before its objects are committed, none that is odd."""

import json
import pickle
import uuid

import boto3
import pytest

from iamaudit.errors import InputError
from iamaudit.sources.connect import Connection
from iamaudit.sources.queue import Queue
from tests.conformance.s3_servers import PATIENT, access_to, fill

KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01/a b+c.json.gz"


@pytest.fixture(scope="module")
def sqs(moto_url):
    client = boto3.client("sqs", endpoint_url=moto_url, region_name="eu-west-1")
    fill(moto_url, "announced", {KEY: b"a", "x.json": b"x", "y.json": b"y"})
    yield client
    client.close()


class Clock:
    """A clock that a test turns; it goes to another process."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(sqs, moto_url, clock) -> Queue:
    url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    connection = Connection(access_to(moto_url))
    return Queue(url, connection, "eu-west-1", PATIENT, hidden_seconds=600, wait_seconds=0, now=clock)


def made(*keys: str, etag: str = "e1") -> str:
    thing = [
        {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "announced"}, "object": {"key": key, "size": 1, "eTag": etag}},
        }
        for key in keys
    ]
    return json.dumps({"Records": thing})


def left(sqs, queue) -> int:
    found = sqs.get_queue_attributes(
        QueueUrl=queue.url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(map(int, found["Attributes"].values()))


def send(sqs, queue, *bodies: str) -> None:
    for body in bodies:
        sqs.send_message(QueueUrl=queue.url, MessageBody=body)


def test_announced_objects_are_listed_and_read(sqs, queue):
    send(sqs, queue, made(KEY.replace("+", "%2B").replace(" ", "+")))

    [found] = queue.list()

    assert (f"announced/{KEY}", KEY, 1, "e1") == (found.path, found.key, found.size, found.version)
    assert b"a" == queue.open(found).read()


def test_an_object_has_the_name_it_has_in_its_bucket(sqs, queue):
    send(sqs, queue, made("x.json"))

    assert ["s3://announced/x.json"] == [entry.key for entry in queue.list()]


def test_a_message_stays_until_all_of_its_objects_are_committed(sqs, queue):
    send(sqs, queue, made("x.json", "y.json"))
    first, second = queue.list()

    queue.done([first])
    between = left(sqs, queue)
    queue.done([second])

    assert (1, 0) == (between, left(sqs, queue))


def test_two_messages_about_one_object_list_it_once_and_go_together(sqs, queue):
    send(sqs, queue, made("x.json"), made("x.json"))

    found = list(queue.list())
    queue.done(found)

    assert 1 == len(found)
    assert 0 == left(sqs, queue)


def test_an_object_written_anew_is_listed_again(sqs, queue):
    send(sqs, queue, made("x.json"), made("x.json", etag="e2"))

    assert {"e1", "e2"} == {entry.version for entry in queue.list()}


def test_done_while_listing_loses_nothing(sqs, queue):
    send(sqs, queue, *(made(f"{number}.json", "x.json") for number in range(25)))

    seen = []
    for entry in queue.list():
        seen.append(entry.key)
        queue.done([entry])

    assert [f"s3://announced/{n}.json" for n in range(25)] == sorted(
        (key for key in seen if "x.json" not in key), key=lambda key: int(key.split("/")[-1].split(".")[0])
    )
    assert 1 == seen.count("s3://announced/x.json")
    assert 0 == left(sqs, queue)


@pytest.mark.parametrize("body", ["hello", "[]", '{"what": 1}', '{"Records": [{"eventSource": "aws:ses"}]}'])
def test_what_cannot_be_understood_stays_and_is_told(sqs, queue, body):
    send(sqs, queue, body, made("x.json"))

    queue.done(list(queue.list()))

    assert 1 == left(sqs, queue)
    [problem] = queue.problems
    assert "it stays in the queue" in problem


def test_tests_and_deletions_leave_the_queue(sqs, queue):
    removed = made("x.json").replace("ObjectCreated:Put", "ObjectRemoved:Delete")
    send(sqs, queue, '{"Service": "Amazon S3", "Event": "s3:TestEvent"}', removed, "CloudTrail validation message.")

    assert [] == list(queue.list())
    assert 0 == left(sqs, queue)


def test_an_empty_queue_is_fine(queue):
    assert [] == list(queue.list())


def test_a_missing_queue_is_an_input_error(queue, moto_url, sqs):
    sqs.delete_queue(QueueUrl=queue.url)

    with pytest.raises(InputError, match="cannot use the queue"):
        list(queue.list())


def test_messages_under_way_are_hidden_for_longer(sqs, queue, clock):
    extended = []
    queue.connection.client("sqs", "eu-west-1").meta.events.register(
        "before-call.sqs.ChangeMessageVisibilityBatch", lambda **_: extended.append(clock())
    )
    send(sqs, queue, made("x.json"), made("y.json"))
    first, _ = queue.list()

    clock.seconds = 200.0
    queue.done([])
    clock.seconds = 400.0
    queue.done([first])

    assert [400.0] == extended


def test_a_queue_goes_to_another_process_without_its_messages(sqs, queue):
    send(sqs, queue, made("x.json"))
    [found] = queue.list()
    twin = pickle.loads(pickle.dumps(queue))

    twin.done([found])

    assert b"x" == twin.open(found).read()
    assert 1 == left(sqs, queue)
