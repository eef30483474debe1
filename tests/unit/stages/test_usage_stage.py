"""usage: only the days that a night touched are rolled up again."""

import json
from dataclasses import replace

import pytest

from iamaudit.lake.lake import create_lake
from iamaudit.stages import usage
from iamaudit.stages.ingest import ingest
from iamaudit.stages.usage import last_day, mapping_version, update_usage


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


def test_another_select_is_another_knowledge(monkeypatch):
    before = mapping_version.__wrapped__()
    models = usage.load_models()
    changed = {**models, "stg_echoes": replace(models["stg_echoes"], sql="select 1")}
    monkeypatch.setattr(usage, "load_models", lambda: changed)

    assert before != mapping_version.__wrapped__()


@pytest.mark.parametrize("path", ["knowledge/data/a.csv", "knowledge/a.py", "usage/a.py"])
def test_another_table_or_another_reading_of_it_is_another_knowledge(tmp_path, monkeypatch, path):
    for place in ("knowledge/data/a.csv", "knowledge/a.py", "usage/a.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("before")
    monkeypatch.setattr(usage, "files", lambda _: tmp_path)
    before = mapping_version.__wrapped__()

    (tmp_path / path).write_text("after")

    assert before != mapping_version.__wrapped__()


def test_shapes_that_do_not_fit_at_once_are_mapped_page_by_page(lake, tmp_path, monkeypatch):
    sources = ("iam.amazonaws.com", "kms.amazonaws.com", "ec2.amazonaws.com", "sqs.amazonaws.com", "sns.amazonaws.com")
    read(lake, tmp_path, *({**record(1, source), "eventSource": source} for source in sources))
    monkeypatch.setattr(usage, "SHAPES_AT_ONCE", 2)

    update_usage(lake)

    assert [5] == [part.rows for part in lake.usage_parts("usage")]
