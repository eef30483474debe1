"""Which event categories the lake can speak for, account by account."""

import json
from datetime import UTC, date, datetime

from iamaudit.coverage.account import began_rows, coverage_rows, trail_histories

START = date(2026, 8, 1)

TRAIL = {
    "name": "main",
    "trail_arn": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main",
    "account_id": "999999999999",
    "home_region": "eu-west-1",
    "is_multi_region": True,
    "is_organization": True,
    "is_logging": True,
    "started_at": datetime(2025, 1, 1, tzinfo=UTC),
    "captured_at": datetime(2026, 11, 1, tzinfo=UTC),
    "event_selectors": '[{"ReadWriteType": "All"}]',
    "advanced_event_selectors": None,
}


def judged(*trails):
    return trail_histories(trails, {trail["trail_arn"] for trail in trails}, START)


def covered(rows):
    return {(row["account_id"], row["category"]): row["status"] for row in rows}


def test_an_organisation_trail_speaks_for_its_members():
    rows = coverage_rows(["1", "2"], judged(TRAIL), ["1"], {}, [])

    assert "logged" == covered(rows)["1", "management:read"]
    assert "none" == covered(rows)["2", "management:read"]


def test_a_trail_of_one_account_does_not_speak_for_another():
    rows = coverage_rows(["1", "999999999999"], judged({**TRAIL, "is_organization": False}), ["1"], {}, [])

    assert ("none", "logged") == tuple(covered(rows)[account, "management:write"] for account in ("1", "999999999999"))


def test_without_a_known_trail_the_logs_themselves_say_what_is_logged():
    rows = coverage_rows(["1", "2", "3"], [], [], {"1": frozenset({"management:read"}), "2": frozenset()}, [])

    assert "inferred" == covered(rows)["1", "management:read"] == covered(rows)["1", "management:write"]
    assert "none" == covered(rows)["2", "management:read"] == covered(rows)["3", "management:read"]


def test_writes_alone_do_not_show_that_reads_are_logged():
    rows = coverage_rows(["1"], [], [], {"1": frozenset({"management:write"})}, [])

    assert ("none", "inferred") == tuple(covered(rows)["1", f"management:{access}"] for access in ("read", "write"))


def test_seeing_data_events_does_not_show_that_all_are_logged():
    rows = coverage_rows(["1"], [], [], {"1": frozenset({"management:read", "data"})}, ["AWS::S3::Object"])

    assert "none" == covered(rows)["1", "data:AWS::S3::Object"]


def test_every_answer_has_a_reason():
    rows = coverage_rows(["1"], judged(TRAIL), ["1"], {}, ["AWS::S3::Object"])

    assert all(row["reason"] for row in rows)
    assert ["no trail logs data events of AWS::S3::Object"] == [r["reason"] for r in rows if r["status"] == "none"]


def test_every_answer_says_since_when_the_trails_are_known():
    rows = coverage_rows(["1"], judged(TRAIL), ["1"], {}, [])

    assert {"2026-11-01"} == {row["known_since"] for row in rows}


def test_a_trail_of_one_region_names_it_and_says_why_that_is_not_enough():
    (row, _) = coverage_rows(["1"], judged({**TRAIL, "is_multi_region": False}), ["1"], {}, [])

    assert ("partial", ["eu-west-1"]) == (row["status"], row["regions"])
    assert "what was done in other regions is not known" in row["reason"]


NEW = {**TRAIL, "trail_arn": "new", "name": "new", "started_at": datetime(2026, 9, 3, 8, tzinfo=UTC)}


def test_a_trail_that_began_in_the_window_speaks_for_the_days_before_only_by_the_logs():
    silent = covered(coverage_rows(["1"], judged(NEW), ["1"], {}, []))
    heard = covered(coverage_rows(["1"], judged(NEW), ["1"], {"1": frozenset({"management:read"})}, []))

    assert ("none", "inferred") == (silent["1", "management:read"], heard["1", "management:read"])


def test_the_day_on_which_the_only_trail_began_is_lost():
    rows = began_rows(["1"], judged(NEW), ["1"])

    assert [("1", None, "2026-09-03", "trail new began to log on that day")] == [tuple(row.values()) for row in rows]


def test_a_trail_beside_an_older_one_takes_nothing_away():
    both = judged(TRAIL, NEW)

    assert [] == began_rows(["1"], both, ["1"])
    assert "logged" == covered(coverage_rows(["1"], both, ["1"], {}, []))["1", "management:read"]


def test_a_trail_that_does_not_log_began_nothing():
    assert [] == began_rows(["1"], judged({**NEW, "is_logging": False}), ["1"])


BOTH = "all:data:AWS::SNS::Topic+data:AWS::SNS::PlatformEndpoint"


def selecting(*types):
    fields = [
        [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [one]}] for one in types
    ]
    selectors = json.dumps([{"FieldSelectors": one} for one in fields])
    return {**TRAIL, "event_selectors": None, "advanced_event_selectors": selectors}


def test_what_shows_in_two_categories_is_covered_where_both_are():
    types = ["AWS::SNS::Topic", "AWS::SNS::PlatformEndpoint"]

    one, both = (
        coverage_rows(["1"], judged(selecting(*chosen)), ["1"], {}, types, [BOTH]) for chosen in (types[:1], types)
    )

    assert ("none", "logged") == (covered(one)["1", BOTH], covered(both)["1", BOTH])
    assert "no trail logs data events of AWS::SNS::PlatformEndpoint" in {row["reason"] for row in one}
