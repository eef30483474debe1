"""The lake's refused calls teach us where our tables are wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from iamaudit.engine.duck import Engine
from iamaudit.lake.schema import EVENTS_SCHEMA
from iamaudit.stages.disagreements import disagreements_table


def event(event_id, name, action, **request):
    return {
        "event_id": event_id,
        "event_time": datetime(2026, 6, int(event_id[1:]), tzinfo=UTC),
        "account_id": "111122223333",
        "event_source": "kms.amazonaws.com",
        "event_name": name,
        "error_code": "AccessDenied",
        "error_message": action and f"User: arn:aws:iam::1:user/a is not authorized to perform: {action} because …",
        "request_parameters": json.dumps(request) if request else None,
    }


def table_of(*events):
    deliveries = pa.Table.from_pylist(list(events), schema=EVENTS_SCHEMA)
    with Engine({"deliveries": lambda: deliveries}, {}) as engine:
        return disagreements_table(engine).to_pylist()


def test_calls_that_differ_alike_are_one_row():
    rows = table_of(
        event("e2", "Decrypt", "kms:Encrypt", keyId="a"),
        event("e1", "Decrypt", "kms:Encrypt", keyId="b"),
        event("e3", "Decrypt", "kms:Decrypt", keyId="b"),
        event("e4", "Decrypt", None),
    )

    assert [
        {
            "account_id": "111122223333",
            "event_source": "kms.amazonaws.com",
            "event_name": "Decrypt",
            "kind": "other action",
            "named_action": "kms:Encrypt",
            "our_actions": ["kms:Decrypt"],
            "calls": 2,
            "event_id": "e1",
            "first_seen": datetime(2026, 6, 1, tzinfo=UTC),
            "last_seen": datetime(2026, 6, 2, tzinfo=UTC),
        }
    ] == rows


@pytest.mark.parametrize("events", [(), (event("e1", "Encrypt", "kms:Encrypt"),)])
def test_without_disagreement_the_table_is_empty(events):
    assert [] == table_of(*events)
