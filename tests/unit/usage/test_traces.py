"""Traces: an answer is found again by what was looked at, and by nothing else."""

import pytest

from iamaudit.usage.traces import Traces, WatchedCall, WatchedRecord


def test_an_answer_is_found_whatever_was_not_looked_at():
    traces = Traces()
    traces.keep({"region"}, {"region": "eu", "token": "1"}, "answer")

    assert ["answer", None] == [
        traces.find({"region": "eu", "token": "2"}),
        traces.find({"region": "us", "token": "1"}),
    ]


def test_a_field_that_was_looked_for_in_vain_counts():
    traces = Traces()
    traces.keep({"absent"}, {}, "answer")

    assert ["answer", None] == [traces.find({"other": 1}), traces.find({"absent": 1})]


def test_a_watched_record_notes_what_is_read_and_what_is_listed():
    read, listed = WatchedRecord({"a": 1, "b": 2}), WatchedRecord({"a": 1, "b": 2})

    read.get("a"), read.get("c")
    list(listed)

    assert ({"a", "c"}, {"a", "b"}) == (read.read, listed.read)


def test_a_watched_call_makes_a_field_once_and_when_it_is_read():
    made = []
    call = WatchedCall("s3.amazonaws.com", "GetObject", lambda name: made.append(name) or name)

    found = (call.request, call.request, call.prefix, call.partition, call.partition)

    assert ("request", "request", "s3", "partition", "partition") == found
    assert (["request", "partition"], {"request", "partition"}) == (made, call.read)


def test_a_watched_call_has_the_fields_of_a_call_only():
    call = WatchedCall("s3.amazonaws.com", "GetObject", str)

    with pytest.raises(AttributeError):
        call.colour  # noqa: B018  # reading is what is tried
