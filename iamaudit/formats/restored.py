"""From a row of the lake's events back to the record that it was made of, for whoever reads one event whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from iamaudit.formats.record import RAW_COLUMNS, TEXT_COLUMNS

_RESOURCE = {"arn": "ARN", "account_id": "accountId", "type": "type"}


def restored_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CloudTrail record of one row of `events`; secrets that ingest masked stay masked.

    *row* has the columns of the events table. Fields are in AWS's spelling; what had no column comes out of `extra`,
    and a field that was null is absent. An event without an id of its own has the one that ingest gave it.
    """
    record: dict[str, Any] = {field: row[column] for column, field in TEXT_COLUMNS.items() if row[column] is not None}
    record |= {field: json.loads(row[column]) for column, field in RAW_COLUMNS.items() if row[column] is not None}
    record["eventID"] = row["event_id"]
    record["eventTime"] = _time(row["event_time"])
    if row["read_only"] is not None:
        record["readOnly"] = row["read_only"]
    if row["resources"] is not None:
        record["resources"] = [_resource(entry) for entry in row["resources"]]
    if row["user_identity"] is not None:
        record["userIdentity"] = json.loads(row["user_identity"])
    return {**record, **(json.loads(row["extra"]) if row["extra"] else {})}


def _resource(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {_RESOURCE[name]: value for name, value in entry.items() if value is not None}


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
