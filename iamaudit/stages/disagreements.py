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
        ("account_id", pa.string()),
        ("event_source", pa.string()),
        ("event_name", pa.string()),
        ("kind", pa.string()),
        ("named_action", pa.string()),
        ("our_actions", pa.list_(pa.string())),
        ("calls", pa.int64()),
        ("event_id", pa.string()),  # one of them, to look at
        ("first_seen", pa.timestamp("us", "UTC")),
        ("last_seen", pa.timestamp("us", "UTC")),
    ]
)
_REFUSED = """
    select
        account_id, event_source, event_name, request_parameters, error_message,
        count(*) as calls, min(event_id) as event_id, min(event_time) as first_seen, max(event_time) as last_seen
    from events
    where error_message like '%not authorized to perform%'
    group by account_id, event_source, event_name, request_parameters, error_message
"""


def disagreements_table(engine: Engine) -> pa.Table:
    """Return one row per account, event and action on which AWS's denials and our tables disagree, sorted."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in engine.query(_REFUSED).to_pylist():
        differs = disagreement(_call(row))
        if differs is not None:
            where = (row["account_id"] or "", row["event_source"] or "", row["event_name"] or "")
            found.setdefault((*where, differs.kind, differs.named, differs.ours), []).append(row)
    rows = [(*key, *_sums(found[key])) for key in sorted(found)]
    names = DISAGREEMENTS_SCHEMA.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=DISAGREEMENTS_SCHEMA)


def _sums(rows: list[dict[str, Any]]) -> tuple[int, str, Any, Any]:
    times = [row[end] for row in rows for end in ("first_seen", "last_seen") if row[end] is not None]
    example = min(row["event_id"] for row in rows)
    return sum(row["calls"] for row in rows), example, min(times, default=None), max(times, default=None)


def _call(row: dict[str, Any]) -> Call:
    request = row["request_parameters"]
    return Call(
        row["event_source"] or "",
        row["event_name"] or "",
        error_message=row["error_message"],
        request=None if request is None else json.loads(request),
    )
