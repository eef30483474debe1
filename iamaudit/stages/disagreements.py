"""The table of refused calls whose message names another action than our tables: what the lake can teach us."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.usage.call import Call
from iamaudit.usage.disagreements import disagreement

DISAGREEMENTS_SCHEMA = pa.schema(
    [
        ("event_source", pa.string()),
        ("event_name", pa.string()),
        ("kind", pa.string()),
        ("named_action", pa.string()),
        ("our_actions", pa.list_(pa.string())),
        ("calls", pa.int64()),
        ("event_id", pa.string()),  # one of them, to look at
    ]
)
_REFUSED = """
    select event_source, event_name, request_parameters, error_message, count(*) as calls, min(event_id) as event_id
    from events
    where error_message like '%not authorized to perform%'
    group by event_source, event_name, request_parameters, error_message
"""


def disagreements_table(engine: Engine) -> pa.Table:
    """Return one row per event and action on which AWS's denials and our tables disagree, sorted."""
    found: dict[tuple[str, str, str, str, tuple[str, ...]], tuple[int, str]] = {}
    for row in engine.query(_REFUSED).to_pylist():
        call = _call(row)
        differs = disagreement(call)
        if differs is None:
            continue
        key = (call.event_source, call.event_name, differs.kind, differs.named, differs.ours)
        calls, event_id = found.get(key, (0, row["event_id"]))
        found[key] = (calls + row["calls"], min(event_id, row["event_id"]))
    names = DISAGREEMENTS_SCHEMA.names
    rows = [dict(zip(names, (*key, *found[key]), strict=True)) for key in sorted(found)]
    return pa.Table.from_pylist(rows, schema=DISAGREEMENTS_SCHEMA)


def _call(row: dict[str, Any]) -> Call:
    request = row["request_parameters"]
    return Call(
        row["event_source"] or "",
        row["event_name"] or "",
        error_message=row["error_message"],
        request=None if request is None else json.loads(request),
    )
