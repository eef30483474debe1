"""The laws of the lake: nothing lost, nothing doubled, and silence is never taken for idleness."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamaudit.model.tally import total
from iamaudit.stages.usage import update_usage
from tests.amount import examples
from tests.oracles.slow_decoder import slow_row
from tests.oracles.slow_usage import slow_usage
from tests.properties.small_lake import ACCOUNT, SmallLake
from tests.properties.strategies_records import broken_texts, good_records, record_texts

few = settings(max_examples=examples(10, least=3), deadline=None)
fewer = settings(max_examples=examples(4, least=3), deadline=None)  # grants of an account take half a second
logs = st.lists(good_records(), min_size=1, max_size=12)
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "sqs:*", "s3:GetObject"], "Resource": "*"}],
}


def cut(records, sizes):
    """Cut a list of records into objects of the given sizes; what is left is the last object."""
    rest, objects = list(records), []
    for size in sizes:
        objects.append(rest[:size])
        rest = rest[size:]
    return [*objects, rest]


@few
@given(st.lists(record_texts() | broken_texts | good_records().map(lambda r: json.dumps(r).encode()), max_size=8))
def test_the_books_balance(texts):
    """Good, odd and broken records: each is kept, or set aside with a reason and its bytes."""
    whole = [text for text in texts if not text.endswith(b":")]
    expected = [slow_row(text)[0] for text in whole]

    with SmallLake() as small:
        result = small.ingest([b'{"Records":[' + b",".join(whole) + b"]}", *texts, b"not a log"])
        with small.engine() as engine:
            stored = engine.query("select count(*) as n from deliveries").to_pylist()[0]["n"]
        reasons = [
            json.loads(v)["reason"]
            for k, v in small.contents().items()
            if k.startswith("quarantine/") and k.endswith("json")
        ]
        again = total(entry.tally for entry in small.lake.ledger().objects())

    assert result.records == again
    assert stored == result.records.kept >= sum(row is not None for row in expected)
    assert result.records.records_in == result.records.kept + sum(result.records.set_aside.values())
    assert result.seen == result.ingested + result.set_aside == len(texts) + 2
    assert {reason.split(":")[0] for reason in reasons} >= set(result.records.set_aside)


@few
@given(logs, st.lists(st.integers(0, 4), max_size=4))
def test_ingesting_twice_changes_nothing(records, sizes):
    objects = cut(records, sizes)

    with SmallLake() as small:
        small.ingest(objects)
        update_usage(small.lake)
        before = small.contents()
        result = small.ingest(objects)
        days = update_usage(small.lake)
        after = small.contents()

    assert before == after
    assert ([], 0, len(objects)) == (days, result.ingested, result.already_ingested)


@few
@given(logs, st.lists(st.integers(0, 4), max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_splitting_the_log_changes_nothing(records, sizes, random, in_two_nights):
    """Nor does the order of the objects, a record delivered twice, or a night between two of them."""
    shuffled = [*records, *records[:2]]
    random.shuffle(shuffled)
    objects = cut(shuffled, sizes)

    with SmallLake() as whole:
        whole.ingest([records])
        expected = whole.events(), whole.usage()
    with SmallLake() as split:
        if in_two_nights:
            split.ingest(objects[:1], into="first")
            update_usage(split.lake)
        split.ingest(objects)
        found = split.events(), split.usage()

    assert expected == found


@few
@given(logs, logs)
def test_more_logs_never_shrink_usage(records, more):
    with SmallLake() as small:
        small.ingest([records], into="first")
        before = small.counts()
        small.ingest([more], into="second")
        after = small.counts()

    assert all(after.get(key, 0) >= count for key, count in before.items())


@few
@given(logs)
def test_the_roll_up_agrees_with_a_counter(records):
    with SmallLake() as small:
        small.ingest([records])
        found = small.counts()

    assert dict(slow_usage(records)) == found


@fewer
@given(st.lists(good_records(), max_size=8), st.integers(1, 4))
def test_a_gap_never_creates_a_finding(records, lost):
    """Taking a day of logs away makes used or unused into unknown, never anything into unused."""
    heartbeat = [
        {
            "eventVersion": "1.08",
            "eventTime": f"2026-11-0{day}T12:00:00Z",
            "eventSource": "sts.amazonaws.com",
            "eventName": "GetCallerIdentity",
            "awsRegion": "us-east-1",
            "eventID": f"heartbeat-{day}",
            "readOnly": True,
            "eventCategory": "Management",
            "recipientAccountId": ACCOUNT,
            "userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"},
        }
        for day in range(1, 5)
    ]
    everything = [*heartbeat, *records]

    with SmallLake() as whole:
        whole.collect(["ann", "bob"], DOCUMENT)
        whole.ingest([everything])
        before = whole.states()
    with SmallLake() as gappy:
        gappy.collect(["ann", "bob"], DOCUMENT)
        gappy.ingest([[r for r in everything if not r["eventTime"].startswith(f"2026-11-0{lost}")]])
        after = gappy.states()

    assert "unused" in before.values()
    assert "unused" not in after.values()
    assert set(after) <= set(before)


class Killed(BaseException):
    """The machine went down."""


@few
@given(logs, st.lists(st.integers(0, 4), max_size=3), st.integers(0, 12))
def test_a_night_that_dies_anywhere_is_completed_by_the_next(records, sizes, survives):
    """Whatever was written before the crash, a rerun ends in the same lake as an undisturbed night."""
    objects = [*cut(records, sizes), b"not a log"]
    with SmallLake() as calm:
        calm.ingest(objects)
        update_usage(calm.lake)
        expected = calm.contents()

    with SmallLake() as small, pytest.MonkeyPatch.context() as patch:
        write, left = type(small.lake.store).write, [survives]

        def write_or_die(store, key, data):
            if not left[0]:
                raise Killed
            left[0] -= 1
            write(store, key, data)

        patch.setattr(type(small.lake.store), "write", write_or_die)
        try:
            small.ingest(objects)
            update_usage(small.lake)
        except Killed:
            named = {part.key for part in small.lake.event_parts()}
            assert named <= set(small.contents())
        patch.undo()
        small.ingest(objects)
        update_usage(small.lake)
        found = small.contents()

    assert expected == found
