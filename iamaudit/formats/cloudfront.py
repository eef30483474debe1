"""CloudFront's standard logs, v1 and v2: who asked the edge for what; no IAM permission is involved (domain.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from iamaudit.formats.pieces import Broken, Found, Ignored
from iamaudit.formats.query_secrets import key_pair_id, mask_cookies, mask_line, mask_query
from iamaudit.knowledge.access_logs import ACCESS_LOG_CATEGORY, CLOUDFRONT_LOG

KIND = "cloudfront"
NOT_A_LINE = "not_a_cloudfront_line"
_MARKS = (b"#Version:", b"#Fields:")
_TAKEN = {"date", "time", "c-ip", "cs-method", "cs(User-Agent)", "x-edge-request-id"}


def is_w3c(text: bytes) -> bool:
    """Whether a text is a log with a head that names its fields."""
    return text.startswith(_MARKS)


def is_cloudfront_object(names: Mapping[str, Any]) -> bool:
    """Whether a JSON object with these *names* is a request as v2 writes it."""
    return "x-edge-request-id" in names or ("cs-uri-stem" in names and ("sc-status" in names or "cs-method" in names))


def edge_lines(text: bytes) -> Iterator[Found]:
    """Yield what the lines of a log stand for; the head may come again where logs were put together."""
    names: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        if line.startswith(b"#"):
            yield KIND, Ignored("comment")
            if line.startswith(b"#Fields:"):
                names = line[8:].decode("utf-8", "replace").split()
            continue
        fields = _fields(line, names)
        record = None if fields is None else edge_record(fields)
        yield KIND, Broken(NOT_A_LINE, mask_line(line)) if record is None else msgspec.json.encode(record)


def _fields(line: bytes, names: list[str]) -> dict[str, str] | None:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    values = text.split("\t") if "\t" in text else text.split()
    return dict(zip(names, values, strict=True)) if names and len(values) == len(names) else None


def edge_object(data: bytes) -> Found:
    """Return what a request as JSON stands for."""
    try:
        loose = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return KIND, Broken("not_json", mask_line(data))
    fields = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in loose.items()
        if value is not None
    }
    record = edge_record(fields)
    return KIND, Broken(NOT_A_LINE, mask_line(data)) if record is None else msgspec.json.encode(record)


def edge_record(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the record of one request; None when it does not say when it came."""
    told = {name: value for name, value in fields.items() if value not in {"-", ""}}
    at = _time(told)
    if at is None:
        return None
    status = told.get("sc-status", "")
    query = told.get("cs-uri-query")
    request = {
        "host": told.get("x-host-header") or told.get("cs(Host)"),
        "uri": told.get("cs-uri-stem"),
        "query": None if query is None else mask_query(query),
        "method": told.get("cs-method"),
    }
    rest = {name: mask_query(value) for name, value in told.items() if name not in _TAKEN}
    if "cs(Cookie)" in told:
        rest["cs(Cookie)"] = mask_cookies(told["cs(Cookie)"])
    rest["keyPairId"] = key_pair_id(query, told.get("cs(Cookie)")) or ""
    agent = told.get("cs(User-Agent)")
    record = {
        "eventTime": at,
        "eventSource": "cloudfront.amazonaws.com",
        "eventName": told.get("cs-method") or "Request",
        "eventType": CLOUDFRONT_LOG,
        "eventCategory": ACCESS_LOG_CATEGORY,
        # unique for a request (CloudFront developer guide); without it the record's bytes name it
        "eventID": f"edge-{told['x-edge-request-id']}" if "x-edge-request-id" in told else None,
        "sourceIPAddress": told.get("c-ip"),
        "userAgent": None if agent is None else unquote(agent),
        "requestID": told.get("x-edge-request-id"),
        "errorCode": status if status[:1] in {"4", "5"} else None,
        "requestParameters": {name: value for name, value in request.items() if value is not None},
        "additionalEventData": {name: value for name, value in rest.items() if value},
    }
    return {name: value for name, value in record.items() if value is not None}


def _time(told: Mapping[str, str]) -> str | None:
    try:
        if "date" in told and "time" in told:
            at = datetime.fromisoformat(f"{told['date']}T{told['time']}")
        elif "timestamp(ms)" in told:
            at = datetime.fromtimestamp(int(told["timestamp(ms)"]) / 1000, UTC)
        else:
            at = datetime.fromtimestamp(float(told["timestamp"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
