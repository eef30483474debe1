"""What a trail logged over a window is the least that its captures say."""

import json
from datetime import UTC, date, datetime

from iamaudit.coverage.history import trail_history
from iamaudit.coverage.selectors import INFERRED, LOGGED, PARTIAL

START = date(2026, 8, 1)
MANAGEMENT = {"ReadWriteType": "All"}
OBJECTS = {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}


def capture(month, *selectors, **changed):
    return {
        "captured_at": datetime(2026, month, 1, tzinfo=UTC),
        "name": "main",
        "trail_arn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
        "account_id": "111122223333",
        "home_region": "eu-west-1",
        "is_multi_region": True,
        "is_organization": False,
        "is_logging": True,
        "started_at": datetime(2025, 1, 1, tzinfo=UTC),
        "event_selectors": json.dumps(selectors) if selectors else None,
        "advanced_event_selectors": None,
        **changed,
    }


def statuses(*captures):
    return {entry.category: entry.status for entry in trail_history(captures, START).entries}


def test_one_capture_speaks_for_the_window_and_says_since_when_it_is_known():
    history = trail_history([capture(10, MANAGEMENT)], START)

    assert {LOGGED} == {entry.status for entry in history.entries}
    assert (date(2026, 10, 1), None) == (history.known_since, history.began)


def test_data_events_that_an_earlier_capture_in_the_window_lacks_are_partial():
    found = statuses(capture(9, MANAGEMENT), capture(10, OBJECTS))

    assert (PARTIAL, LOGGED) == (found["data:AWS::S3::Object"], found["management:read"])


def test_what_the_last_capture_before_the_window_lacks_was_set_in_the_window():
    assert PARTIAL == statuses(capture(7, MANAGEMENT), capture(10, OBJECTS))["data:AWS::S3::Object"]


def test_what_an_older_capture_lacks_was_set_before_the_window():
    found = statuses(capture(5, MANAGEMENT), capture(7, OBJECTS), capture(10, OBJECTS))

    assert LOGGED == found["data:AWS::S3::Object"]


def test_a_trail_that_was_stopped_at_a_capture_in_the_window_logged_only_part():
    found = statuses(capture(9, MANAGEMENT, is_logging=False), capture(10, MANAGEMENT))

    assert {PARTIAL} == set(found.values())


def test_a_capture_without_selectors_contradicts_nothing():
    assert LOGGED == statuses(capture(9), capture(10, OBJECTS))["data:AWS::S3::Object"]


def test_sources_left_out_at_any_capture_are_left_out():
    history = trail_history(
        [capture(9, {**MANAGEMENT, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}), capture(10, MANAGEMENT)],
        START,
    )

    assert {frozenset({"kms"})} == {entry.excluded_sources for entry in history.entries}


def test_a_trail_that_began_in_the_window_is_inferred_and_its_data_events_are_partial():
    history = trail_history([capture(10, OBJECTS, started_at=datetime(2026, 9, 3, tzinfo=UTC))], START)

    found = {entry.category: entry.status for entry in history.entries}
    assert (INFERRED, PARTIAL) == (found["management:read"], found["data:AWS::S3::Object"])
    assert date(2026, 9, 3) == history.began


def test_a_bucket_is_logged_when_every_capture_that_counts_says_so():
    def of(*buckets):
        return {"DataResources": [{"Type": "AWS::S3::Object", "Values": list(buckets)}]}

    def scopes(*captures):
        found = {entry.category: entry for entry in trail_history(captures, START).entries}
        return sorted(found["data:AWS::S3::Object"].scopes)

    one, both = capture(9, of("arn:aws:s3:::a/")), capture(10, of("arn:aws:s3:::a/", "arn:aws:s3:::b/"))

    assert ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"] == scopes(both)
    assert ["arn:aws:s3:::a/*"] == scopes(one, both)
    assert ["arn:aws:s3:::a/*"] == scopes(one, capture(10, OBJECTS))
    assert ["arn:aws:s3:::a/*"] == scopes(capture(9, OBJECTS), capture(10, of("arn:aws:s3:::a/")))
    assert [] == scopes(capture(9, MANAGEMENT), both)
    assert [] == scopes(capture(10, of("arn:aws:s3:::a/"), started_at=datetime(2026, 9, 1, tzinfo=UTC)))
