"""The lake's tables as Arrow schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa

from iamaudit.model.remembered import REMEMBERED
from iamaudit.model.tables import COVERAGE, CREDENTIAL_USE, EVENTS, SESSIONS, STATE, USAGE, Columns

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "time": pa.timestamp("us", tz="UTC"),
    "strings": pa.list_(pa.string()),
    "resources": pa.list_(pa.struct([("arn", pa.string()), ("account_id", pa.string()), ("type", pa.string())])),
}


@cache
def schema_of(columns: Columns) -> pa.Schema:
    """Return the Arrow schema of a table's columns."""
    return pa.schema([(name, TYPES[kind]) for name, kind in columns])


EVENTS_SCHEMA = schema_of(EVENTS)
USAGE_SCHEMA = schema_of(USAGE)
CREDENTIAL_USE_SCHEMA = schema_of(CREDENTIAL_USE)
COVERAGE_SCHEMA = schema_of(COVERAGE)
SESSIONS_SCHEMA = schema_of(SESSIONS)
ROLLUP_SCHEMAS: dict[str, pa.Schema] = {
    "usage": USAGE_SCHEMA,
    "credential_use": CREDENTIAL_USE_SCHEMA,
    "coverage": COVERAGE_SCHEMA,
    "sessions": SESSIONS_SCHEMA,
}
STATE_SCHEMAS: dict[str, pa.Schema] = {
    kind: schema_of((("captured_at", "time"), *columns)) for kind, columns in (STATE | REMEMBERED).items()
}


def table_of(rows: list[dict[str, Any]], columns: Columns) -> pa.Table:
    """Build a table from dicts; a missing key is null, an unknown key is an error of ours."""
    names = {name for name, _ in columns}
    for row in rows:
        if unknown := row.keys() - names:
            raise KeyError(f"columns {sorted(unknown)} are not in the schema")
    return pa.Table.from_pylist(rows, schema=schema_of(columns))
