"""Which event categories the lake can speak for, account by account."""

from iamaudit.coverage.account import coverage_rows

TRAIL = {
    "name": "main",
    "trail_arn": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/main",
    "account_id": "999999999999",
    "home_region": "eu-west-1",
    "is_multi_region": True,
    "is_organization": True,
    "is_logging": True,
    "event_selectors": '[{"ReadWriteType": "All"}]',
    "advanced_event_selectors": None,
}


def covered(rows):
    return {(row["account_id"], row["category"]): row["status"] for row in rows}


def test_an_organisation_trail_speaks_for_its_members():
    rows = coverage_rows(["1", "2"], [TRAIL], ["1"], {}, [])

    assert "logged" == covered(rows)["1", "management:read"]
    assert "none" == covered(rows)["2", "management:read"]


def test_a_trail_of_one_account_does_not_speak_for_another():
    rows = coverage_rows(["1", "999999999999"], [{**TRAIL, "is_organization": False}], ["1"], {}, [])

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
    rows = coverage_rows(["1"], [TRAIL], ["1"], {}, ["AWS::S3::Object"])

    assert all(row["reason"] for row in rows)
    assert ["no trail logs data events of AWS::S3::Object"] == [r["reason"] for r in rows if r["status"] == "none"]
