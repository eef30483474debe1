"""Which shape a log object has, and where in it the CloudTrail records are.

Recognised by content (domain.md §1.1, §1.9): `{"Records": [...]}`, a bare list, one record, JSON lines of records,
LookupEvents (`{"Events": [...]}` with `CloudTrailEvent` text) and EventBridge envelopes (`detail`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from iamaudit.errors import UnreadableObjectError

Raw = msgspec.Raw
_as_object = msgspec.json.Decoder(dict[str, Raw])
_as_list = msgspec.json.Decoder(list[Raw])
_anything = msgspec.json.Decoder(Raw)
_as_text = msgspec.json.Decoder(str)


class _RecordsOnly(msgspec.Struct):
    Records: list[Raw]


_as_records = msgspec.json.Decoder(_RecordsOnly)

NOT_LOGS = {
    "digestStartTime": "digest",
    "configurationItems": "config",
    "configurationItem": "config",
    "UserDetailList": "state",
    "SummaryMap": "state",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece that should have been a record and is not."""

    reason: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OtherKind:
    """The whole object is something else than a log: its kind says what."""

    kind: str


def records_of(data: bytes) -> list[bytes | Broken] | OtherKind:
    """Return the JSON text of every record in *data*, in order, or what else the object is.

    Raises `UnreadableObjectError` when it is neither JSON nor JSON lines.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return []
    try:
        return [bytes(raw) for raw in _as_records.decode(text).Records]
    except msgspec.DecodeError:
        pass  # another shape, or several JSON values: msgspec may notice either first
    try:
        whole = _anything.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _lines(text, error)
    return _whole(text, whole)


def _whole(text: bytes, whole: Raw) -> list[bytes | Broken] | OtherKind:
    if text.lstrip()[:1] == b"[":
        return [piece for raw in _as_list.decode(whole) for piece in _unwrap(bytes(raw))]
    try:
        fields = _as_object.decode(whole)
    except msgspec.DecodeError as error:
        raise UnreadableObjectError("the JSON is a single value, not CloudTrail records") from error
    for field, kind in NOT_LOGS.items():
        if field in fields:
            return OtherKind(kind)
    for field in ("Records", "Events"):
        if field in fields:
            try:
                return [piece for raw in _as_list.decode(fields[field]) for piece in _unwrap(bytes(raw))]
            except msgspec.DecodeError as error:
                raise UnreadableObjectError(f"`{field}` is not a list") from error
    return list(_unwrap(text))


def _lines(text: bytes, error: Exception) -> list[bytes | Broken]:
    pieces: list[bytes | Broken] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            _as_object.decode(line)
        except msgspec.ValidationError:
            pieces.append(Broken("not_an_object", bytes(line)))
            continue
        except msgspec.DecodeError:
            pieces.append(Broken("not_json", bytes(line)))
            continue
        pieces.extend(_unwrap(bytes(line)))
    if all(isinstance(piece, Broken) for piece in pieces):
        raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error}")
    return pieces


def _unwrap(record: bytes) -> Iterator[bytes | Broken]:
    """Yield the record itself, or what an envelope around it holds."""
    try:
        fields = _as_object.decode(record)
    except msgspec.DecodeError:
        yield Broken("not_an_object", record)
        return
    if "eventName" in fields or "eventTime" in fields:
        yield record
    elif "CloudTrailEvent" in fields:
        try:
            yield _as_text.decode(fields["CloudTrailEvent"]).encode()
        except (msgspec.DecodeError, UnicodeEncodeError):
            yield Broken("not_an_object", record)
    elif "detail-type" in fields and "detail" in fields:
        yield from _unwrap(bytes(fields["detail"]))
    elif "Records" in fields:
        try:
            inner = _as_list.decode(fields["Records"])
        except msgspec.DecodeError:
            yield Broken("not_an_object", record)
            return
        for raw in inner:
            yield from _unwrap(bytes(raw))
    else:
        yield Broken("not_a_cloudtrail_record", record)
