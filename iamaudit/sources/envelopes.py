"""Which shape a log object has, and where in it the CloudTrail records are.

Recognised by content (domain.md §1.1, §1.9): `{"Records": [...]}`, a bare list, one record, JSON lines of records,
LookupEvents (`{"Events": [...]}` with `CloudTrailEvent` text) and EventBridge envelopes (`detail`).
"""

from __future__ import annotations

import re
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

_LIST_OF_RECORDS = re.compile(rb'\s*(?:\{\s*"(?:Records|Events)"\s*:\s*)?\[')
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)

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

    A record that is not JSON does not take its neighbours with it: it is a `Broken` piece. Raises
    `UnreadableObjectError` when the whole is neither JSON nor JSON lines.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return []
    try:
        return [bytes(raw) for raw in _as_records.decode(text).Records]
    except (msgspec.DecodeError, RecursionError):
        pass  # another shape, or several JSON values: msgspec may notice either first
    try:
        whole = _anything.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        opening = _LIST_OF_RECORDS.match(text)
        if opening is None or _is_object(text.lstrip().partition(b"\n")[0]):
            return _lines(text, error)
        return _salvaged(text, opening.end(), error)
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
    return list(_unwrap(text.strip()))


def _salvaged(text: bytes, start: int, error: Exception) -> list[bytes | Broken]:
    """Read the elements of a list one by one: one of them, or the end of the list, is not JSON."""
    elements, is_whole = split(text, start)
    pieces = [piece for element in elements for piece in _alone(element)]
    if not is_whole and all(isinstance(piece, Broken) for piece in pieces):
        raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error}")
    return pieces


def split(text: bytes, start: int) -> tuple[list[bytes], bool]:
    """Cut a JSON list, whose first element begins at *start*, into the text of its elements without reading them.

    Also says whether the list has an end; without one the last element may be cut off, and with more than `}` behind
    the end that rest is the last element.
    """
    elements: list[bytes] = []
    depth, begin = 0, start
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark == b'"':
            break  # a string without an end
        if mark in {b"[", b"{"}:
            depth += 1
        elif depth and mark in {b"]", b"}"}:
            depth -= 1
        elif not depth and mark in {b",", b"]"}:
            elements.append(text[begin : token.start()].strip())
            begin = token.end()
            if mark == b"]":
                rest = text[begin:].strip()
                return [*filter(None, [*elements, rest if rest != b"}" else b""])], True
    return [*filter(None, [*elements, text[begin:].strip()])], False


def _lines(text: bytes, error: Exception) -> list[bytes | Broken]:
    pieces = [piece for line in text.splitlines() if line.strip() for piece in _alone(line.strip())]
    if all(isinstance(piece, Broken) for piece in pieces):
        raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error}")
    return pieces


def _is_object(text: bytes) -> bool:
    try:
        _as_object.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _alone(piece: bytes) -> Iterator[bytes | Broken]:
    """Yield what one piece of text holds, which may be anything."""
    try:
        _as_object.decode(piece)
    except msgspec.ValidationError:
        yield Broken("not_an_object", piece)
    except RecursionError:
        yield Broken("nested_too_deeply", piece)
    except (msgspec.DecodeError, UnicodeError):
        yield Broken("not_json", piece)
    else:
        yield from _unwrap(piece)


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
