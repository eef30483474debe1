"""Rows of CloudTrail Lake: lower-case columns back to CloudTrail's own names (domain.md §1.9)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.pieces import CLOUDTRAIL, Broken, Found
from iamaudit.formats.presto_text import parsed_text
from iamaudit.formats.record_fields import INNER_FIELDS, RECORD_FIELDS

LARGEST_CELL = 32 << 20

_TOP = {name.lower(): name for name in RECORD_FIELDS}
_INNER = {name.lower(): name for name in INNER_FIELDS}
_RESOURCE = {"arn": "ARN", "accountid": "accountId", "type": "type"}
_RESTORED = ("userIdentity", "tlsDetails")  # these have known members; the members of a request are kept as they are
_TRANSPORT = frozenset({"eventjson", "eventjsonchecksum"})
_BLANK_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?: UTC|Z)?")


def is_lake_row(names: Mapping[str, Any]) -> bool:
    """Whether a JSON object with these *names* is a row of CloudTrail Lake."""
    return "eventjson" in names or ("eventtime" in names and ("eventname" in names or "eventid" in names))


def lake_row(data: bytes) -> Found:
    """Return the record of a row that is JSON text."""
    try:
        return record_of_row(msgspec.json.decode(data), data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return CLOUDTRAIL, Broken("not_json", data)


def query_row(data: bytes) -> Found:
    """Return the record of one row of GetQueryResults: a list of objects with one column each."""
    try:
        cells = msgspec.json.decode(data, type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return CLOUDTRAIL, Broken("not_a_lake_row", data)
    return record_of_row({name: value for cell in cells for name, value in cell.items()}, data)


def record_of_row(row: Mapping[str, Any], data: bytes) -> Found:
    """Return the record that a row tells; the event's own JSON where the row has it."""
    try:
        return _record(row, data)
    except (msgspec.EncodeError, UnicodeError, RecursionError, TypeError):
        return CLOUDTRAIL, Broken("not_a_lake_row", data)


def _record(row: Mapping[str, Any], data: bytes) -> Found:
    told = {
        _spelled(name): value
        for name, value in row.items()
        if value is not None and value not in ("", "null") and name.lower() not in _TRANSPORT
    }
    own = next((row[name] for name in row if name.lower() == "eventjson"), None)
    event = _event(own)
    if event is None:
        event = {name: _value(name, value) for name, value in told.items()}
        if own:
            event["eventJson"] = own
    else:
        event = {**{name: value for name, value in told.items() if name not in _TOP.values()}, **event}
    if event.get("eventCategory") == "ConfigurationItem":
        return "config", Broken("configuration_item", data)
    if isinstance(event.get("eventData"), dict):
        event = _integration(event)
    return CLOUDTRAIL, msgspec.json.encode(event)


def _spelled(name: str) -> str:
    return _TOP.get(name.lower(), name)


def _event(text: Any) -> dict[str, Any] | None:
    if not isinstance(text, str):
        return text if isinstance(text, dict) and "eventTime" in text else None
    try:
        event = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return event if isinstance(event, dict) and "eventTime" in event else None


def _value(name: str, value: Any) -> Any:
    if name == "eventTime" and isinstance(value, str):
        found = _BLANK_TIME.fullmatch(value.strip())
        return f"{found[1]}T{found[2]}Z" if found else value
    value = parsed_text(value)
    if name in _RESTORED:
        return _restored(value)
    if name == "eventData" and isinstance(value, dict):
        return {_spelled(key): _value(_spelled(key), inner) for key, inner in value.items()}
    if name == "resources" and isinstance(value, list):
        return [
            {_RESOURCE.get(key.lower(), key): inner for key, inner in entry.items()}
            if isinstance(entry, dict)
            else entry
            for entry in value
        ]
    if isinstance(value, dict):
        return {key: parsed_text(inner) for key, inner in value.items()}  # a map of texts, some of them JSON
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _INNER.get(name.lower(), name): _restored(inner)
            for name, inner in value.items()
            if inner is not None and inner != "null"
        }
    return value


def _integration(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event from outside AWS with the fields of its `eventData` in their places; all of it is kept."""
    inside = {name: value for name, value in event["eventData"].items() if name not in {"version", "UID"}}
    return {**inside, **{name: value for name, value in event.items() if value is not None}}


def is_lake_csv(text: bytes) -> bool:
    """Whether text begins with the header of a query's result."""
    header = text[:10_000].lstrip().partition(b"\n")[0].lower().replace(b'"', b"").strip()
    return is_lake_row(dict.fromkeys(header.decode("utf-8", "replace").split(",")))


def lake_csv(text: bytes) -> Iterator[Found]:
    """Yield the record of every row of a result that was saved as CSV."""
    csv.field_size_limit(LARGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text.decode(), newline=""), strict=True)
        for row in reader:
            data = msgspec.json.encode({str(name): value for name, value in row.items()})
            if any(name is None or value is None for name, value in row.items()):
                yield CLOUDTRAIL, Broken("not_a_lake_row", data)
            else:
                yield record_of_row(row, data)
    except (csv.Error, UnicodeError) as error:
        raise UnreadableObjectError(f"the CSV of CloudTrail Lake cannot be read: {error}") from error
