"""Laws of looking for an event: what its own day says is what the whole lake says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.errors import InputError
from iamaudit.formats.restored import restored_record
from iamaudit.stages.event_search import EventSearch, Standing
from tests.amount import examples
from tests.properties.small_lake import ACCOUNT, SmallLake

IDS = [f"event-{number}" for number in range(6)]
DAYS = {event_id: 1 + number % 4 for number, event_id in enumerate(IDS)}  # an event has one time


@st.composite
def records(draw):
    event_id = draw(st.sampled_from(IDS))
    event_type = draw(st.sampled_from(["AwsApiCall", "AwsVpceEvent", "S3ServerAccessLog"]))
    return {
        "eventVersion": "1.08",
        "eventID": event_id,
        "eventTime": f"2026-11-{DAYS[event_id]:02}T10:00:00Z",
        "eventType": event_type,
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "recipientAccountId": draw(st.sampled_from([ACCOUNT, "999988887777"])),
        "requestID": "request-1" if DAYS[event_id] == 1 else "request-2",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
            "accountId": ACCOUNT,
        },
        # a shared id is that of the call, whichever copy has it
        **(
            {"sharedEventID": f"shared-{DAYS[event_id]}"} if event_id in IDS[:3] or event_type == "AwsVpceEvent" else {}
        ),
    }


@settings(max_examples=examples(15, least=3))
@given(st.lists(st.lists(records(), min_size=1, max_size=4), min_size=1, max_size=3))
def test_its_own_day_says_of_an_event_what_the_whole_lake_says(objects):
    """The slow twin asks the views over all days."""
    with SmallLake() as small:
        small.ingest(objects)
        search = EventSearch(small.lake)
        with small.engine() as engine:
            events = {row["event_id"]: row for row in engine.table("events").to_pylist()}
            copies = engine.table("deliveries")["event_id"].to_pylist()
            echoes = set(engine.table("stg_echoes")["event_id"].to_pylist())

        found = {event_id: search.record(event_id) for event_id in events}
        standing = {event_id: search.standing(record) for event_id, record in found.items()}

    assert {event_id: restored_record(row) for event_id, row in events.items()} == found
    assert {one: Standing(copies.count(one), is_echo=one in echoes) for one in events} == standing


def test_no_day_has_an_id_that_nobody_delivered():
    with SmallLake() as small:
        search = EventSearch(small.lake)

        with pytest.raises(InputError, match="the lake has no event `nosuch`"):
            search.record("nosuch")
        assert Standing(0, is_echo=False) == search.standing({"eventID": "nosuch", "eventTime": "2026-11-01T10:00:00Z"})


def test_a_record_that_tells_no_time_is_looked_for_on_all_days():
    record = {"eventID": "event-1", "eventTime": "2026-11-03T10:00:00Z", "eventName": "GetRole"}
    with SmallLake() as small:
        small.ingest([[record]])

        found = EventSearch(small.lake).standing({**record, "eventTime": "20261103T100000Z"})

    assert Standing(1, is_echo=False) == found
