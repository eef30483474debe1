"""usage: only the days that a night touched are rolled up again."""

import json

import pytest

from iamaudit.lake.lake import create_lake
from iamaudit.stages import usage
from iamaudit.stages.ingest import ingest
from iamaudit.stages.usage import last_day, mapping_version, record_of, update_usage


def record(day, number):
    return {
        "eventVersion": "1.08",
        "eventTime": f"2026-11-{day:02}T10:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "GetRole",
        "eventID": f"{day}-{number}",
        "readOnly": True,
        "recipientAccountId": "111122223333",
        "requestParameters": {"roleName": "r"},
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "accountId": "111122223333"},
    }


@pytest.fixture
def lake(tmp_path):
    return create_lake(tmp_path / "lake")


def read(lake, tmp_path, *records):
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
    path.write_text(json.dumps(records))
    ingest([path], lake)


def test_a_night_costs_what_is_new(lake, tmp_path):
    read(lake, tmp_path, record(1, 1), record(2, 1))
    first = update_usage(lake)
    read(lake, tmp_path, record(2, 2), record(3, 1))

    second = update_usage(lake)

    assert (["2026-11-01", "2026-11-02"], ["2026-11-02", "2026-11-03"]) == (first, second)
    assert [] == update_usage(lake)


def test_days_made_with_older_knowledge_are_made_again(lake, tmp_path, monkeypatch):
    read(lake, tmp_path, record(1, 1))
    update_usage(lake)
    monkeypatch.setattr(usage, "mapping_version", lambda: "newer")

    assert ["2026-11-01"] == update_usage(lake)


def test_more_days_than_fit_at_once_are_rolled_up_in_steps(lake, tmp_path, monkeypatch):
    read(lake, tmp_path, *(record(day, 1) for day in range(1, 8)))
    monkeypatch.setattr(usage, "DAYS_AT_ONCE", 3)
    steps = []

    update_usage(lake, progress=lambda done, total, _: steps.append((done, total)))

    assert [(3, 7), (6, 7), (7, 7)] == steps
    assert [1] * 7 == [part.rows for part in lake.usage_parts("usage")]


def test_an_empty_lake_has_no_last_day(lake, tmp_path):
    before = last_day(lake)
    read(lake, tmp_path, record(3, 1), record(2, 1))

    assert (None, "2026-11-03") == (before, last_day(lake).date().isoformat())


def test_the_name_of_the_knowledge_is_stable():
    assert mapping_version() == mapping_version()


def test_the_columns_of_a_shape_make_a_record_again():
    fields = dict.fromkeys(
        [
            "event_version",
            "event_source",
            "event_name",
            "event_type",
            "aws_region",
            "account_id",
            "error_code",
            "error_message",
            "identity_type",
            "identity_arn",
            "principal_id",
            "identity_account_id",
            "user_name",
            "issuer_arn",
            "issuer_type",
            "issuer_id",
            "invoked_by",
            "on_behalf_of",
            "resources",
            "request_parameters",
            "response_elements",
            "service_event_details",
        ]
    )
    fields |= {
        "event_name": "GetObject",
        "issuer_arn": "arn:aws:iam::1:role/r",
        "resources": [{"arn": "a", "account_id": "1", "type": "t"}],
        "request_parameters": '{"key": "k"}',
    }

    assert {
        "eventName": "GetObject",
        "userIdentity": {"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/r"}}},
        "resources": [{"ARN": "a", "accountId": "1", "type": "t"}],
        "requestParameters": {"key": "k"},
    } == record_of(fields)
