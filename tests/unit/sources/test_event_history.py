"""The event history is read day by day, complete, paced, and the same day makes the same bytes."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from iamaudit.errors import SourceError
from iamaudit.formats.cloudtrail import decode
from iamaudit.sources.event_history import EventHistory
from iamaudit.sources.pace import Pace
from iamaudit.sources.patience import Patience
from iamaudit.sources.window import Window

NOW = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
ACCOUNT = "111122223333"


def event(number: int, when: datetime) -> dict:
    record = {
        "eventVersion": "1.11",
        "eventID": f"e{number}",
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "Root", "accountId": ACCOUNT},
    }
    return {"EventId": f"e{number}", "EventTime": when, "CloudTrailEvent": json.dumps(record)}


class FakeAws:
    """STS, EC2 and CloudTrail of one account; the history answers newest first, like AWS."""

    def __init__(self, events=(), *, failures=()) -> None:
        self.events = sorted(events, key=lambda e: e["EventTime"], reverse=True)
        self.failures = list(failures)
        self.asked: list[dict] = []

    def __call__(self, service: str, region: str | None) -> "FakeAws":
        return self

    def get_caller_identity(self) -> dict:
        return {"Account": ACCOUNT}

    def describe_regions(self) -> dict:
        return {"Regions": [{"RegionName": "us-east-1"}, {"RegionName": "eu-west-1"}]}

    def lookup_events(self, **arguments) -> dict:
        self.asked.append(arguments)
        if self.failures:
            raise self.failures.pop()
        found = [e for e in self.events if arguments["StartTime"] <= e["EventTime"] <= arguments["EndTime"]]
        start = int(arguments.get("NextToken", 0))
        end = start + arguments["MaxResults"]
        return {"Events": found[start:end], **({"NextToken": str(end)} if end < len(found) else {})}


def refused(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "LookupEvents")


def history(aws: FakeAws, **more) -> EventHistory:
    more.setdefault("regions", ("eu-west-1",))
    return EventHistory(aws, NOW, patience=Patience(attempts=3, sleep=lambda _: None), pace_seconds=0, **more)


def test_there_is_one_object_for_each_region_and_day():
    found = list(history(FakeAws(), regions=()).list())

    assert 2 * 91 == len(found) == len({entry.key for entry in found})
    assert (
        f"AWSLogs/{ACCOUNT}/CloudTrail-LookupEvents/us-east-1/2026/11/24/"
        f"{ACCOUNT}_CloudTrail-LookupEvents_us-east-1_20261124.json"
    ) == found[-1].key


def test_a_day_that_is_over_keeps_its_version_and_a_growing_one_has_another_each_time():
    versions = {entry.path[-13:-5]: entry.version for entry in history(FakeAws()).list()}

    assert ["closed", "open-20261124T021500Z", "open-20261124T021500Z"] == [
        versions[day] for day in ("20261122", "20261123", "20261124")
    ]


def test_a_window_chooses_the_days():
    chosen = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC), timedelta(0))

    assert ["20261110", "20261111"] == [e.path[-13:-5] for e in history(FakeAws(), window=chosen).list()]


def test_every_event_of_a_day_is_read_once():
    day = datetime(2026, 11, 20, tzinfo=UTC)
    times = [day + timedelta(seconds=700 * number) for number in range(123)]
    aws = FakeAws(
        [event(n, when) for n, when in enumerate([*times, day - timedelta(seconds=1), day + timedelta(days=1)])]
    )
    source = history(aws)
    [entry] = [found for found in source.list() if found.path.endswith("20261120.json")]

    first, second = source.open(entry).read(), source.open(entry).read()

    assert first == second
    assert [f"e{number}" for number in range(123)] == [found["EventId"] for found in json.loads(first)["Events"]]
    assert 123 == decode(first, source_key=entry.key, batch_id="b").tally.kept


def test_throttling_passes():
    aws = FakeAws([event(1, datetime(2026, 11, 20, 7, tzinfo=UTC))], failures=[refused("ThrottlingException", 400)] * 2)
    source = history(aws)
    entry = next(found for found in source.list() if found.path.endswith("20261120.json"))

    assert 1 == len(json.load(source.open(entry))["Events"])


def test_a_refusal_names_the_region_and_the_permission():
    source = history(FakeAws(failures=[refused("AccessDeniedException", 403)]))
    entry = next(source.list())

    with pytest.raises(SourceError, match=r"`eu-west-1`.*allow `cloudtrail:LookupEvents`"):
        source.open(entry)


def test_a_history_that_repeats_its_page_does_not_loop():
    aws = FakeAws()
    aws.lookup_events = lambda **_: {"Events": [], "NextToken": "same"}
    source = history(aws)

    with pytest.raises(SourceError, match="repeats itself"):
        source.open(next(source.list()))


def test_a_day_without_events_is_an_empty_list():
    source = history(FakeAws())

    assert {"Events": []} == json.load(io.BytesIO(source.open(next(source.list())).read()))


def test_two_calls_a_second_are_let_through():
    clock = [0.0]
    starts = []
    pace = Pace(0.5, now=lambda: clock[0], sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds))

    for _ in range(5):
        pace.wait()
        starts.append(clock[0])

    assert [0.0, 0.5, 1.0, 1.5, 2.0] == starts
