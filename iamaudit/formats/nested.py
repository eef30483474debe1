"""Nested rows of Parquet: values by dotted path, flat names nested, and Arrow's values as JSON's."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import UTC, date, datetime
from typing import Any

from iamaudit.formats.presto_text import parsed_text

_SECRETS = ("sessiontoken", "secretaccesskey")


def unflattened(flat: Mapping[Any, Any]) -> dict[str, Any]:
    """Return `{"a": {"b": 1}}` for `{"a.b": 1}`; a name that is both a value and a parent stays flat."""
    found: dict[str, Any] = {}
    for name in sorted(map(str, flat)):
        value = flat[name]
        if value is None:
            continue
        node, parts = found, name.split(".")
        for part in parts[:-1]:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            node = inner
        else:
            node[parts[-1]] = parsed_text(value)
            continue
        found[name] = "***" if parts[-1].lower() in _SECRETS else parsed_text(value)
    return found


def kept_of(row: Mapping[str, Any], *, without: Container[str] = ()) -> dict[str, Any]:
    """Return what is left of a row, without empty parts and without the names *without*."""
    found = {}
    for name, value in row.items():
        kept = plain(value)
        if kept not in (None, {}, [], "") and name not in without:
            found[name] = kept
    return found


def plain(value: Any) -> Any:
    """Return a value of Arrow as a value of JSON, empty parts left out."""
    if isinstance(value, dict):
        return {str(name): kept for name, inner in value.items() if (kept := plain(inner)) not in (None, {}, [], "")}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def put(record: dict[str, Any], name: str, value: Any) -> None:
    """Set a field, unless there is nothing to set."""
    if value is not None and value != "":
        record[name] = value


def take_first(row: dict[str, Any], places: tuple[str, ...]) -> Any:
    """Take all *places* out of the row; the first that holds something is the answer."""
    found = [take(row, place) for place in places]
    return next((value for value in found if value is not None and value != ""), None)


def take(row: dict[str, Any], path: str) -> Any:
    """Take what is at a dotted path out of a row; None when there is nothing."""
    *way, last = path.split(".")
    node: Any = row
    for part in way:
        node = node.get(part) if isinstance(node, dict) else None
    return node.pop(last, None) if isinstance(node, dict) else None


def at_path(row: Mapping[str, Any], path: str) -> Any:
    """Return what is at a dotted path, or None."""
    node: Any = row
    for part in path.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def instant_text(value: Any) -> Any:
    """Return an instant, given in milliseconds of the epoch or in words, in CloudTrail's words."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.isoformat().replace("+00:00", "Z")
    return value
