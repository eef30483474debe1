"""What one JSON value holds: a record, an envelope around records, or something else (domain.md §1.1, §1.9).

Recognised by content, envelopes inside envelopes too: `{"Records": [...]}`, lists, LookupEvents, EventBridge,
CloudWatch Logs subscriptions, records of Kinesis and Firehose, rows of CloudTrail Lake, OCSF, and access logs as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudfront import edge_object, is_cloudfront_object
from iamaudit.formats.cloudwatch import Opener, is_subscription, messages_of, payload_of
from iamaudit.formats.json_cuts import cut_members, cut_values
from iamaudit.formats.lake_rows import is_lake_row, lake_row, query_row
from iamaudit.formats.ocsf import is_ocsf, ocsf_object
from iamaudit.formats.pieces import CLOUDTRAIL, Broken, Found, Ignored
from iamaudit.formats.s3_access import access_object, is_access_object

Raw = msgspec.Raw
DEEPEST = 8  # envelopes in envelopes; true ones are three deep
NOT_A_RECORD = "not_a_cloudtrail_record"

_as_object = msgspec.json.Decoder(dict[str, Raw])
_as_list = msgspec.json.Decoder(list[Raw])
_as_text = msgspec.json.Decoder(str)

NOT_LOGS = {
    "digestStartTime": "digest",
    "configurationItems": "config",
    "configurationItem": "config",
    "UserDetailList": "state",
    "SummaryMap": "state",
    "PublicKeyList": "state",  # the keys that digests are verified with may lie beside them
}
LISTS = ("Records", "Events", "records", "QueryResultRows")
_CONFIG_ITEM = frozenset({"configurationItemCaptureTime", "configurationItemStatus", "configurationItem"})


@dataclass(frozen=True, slots=True)
class OtherKind:
    """The whole object is something else than a log: its kind says what."""

    kind: str


def found_in_value(value: bytes, opener: Opener) -> list[Found] | OtherKind:
    """Return what one whole JSON value holds; raise `UnreadableObjectError` when it can hold no records."""
    if value.lstrip()[:1] == b"[":
        return _only_config([one for raw in _as_list.decode(value) for one in unwrapped(bytes(raw), opener)])
    try:
        fields = _as_object.decode(value)
    except msgspec.DecodeError as error:
        raise UnreadableObjectError("the JSON is a single value, not CloudTrail records") from error
    for field, kind in NOT_LOGS.items():
        if field in fields:
            return OtherKind(kind)
    listed = [] if is_subscription(fields) else _lists_in(value, fields)
    if listed:
        try:
            return _only_config([one for field, raw in listed for one in _listed(field, raw, opener, 0)])
        except msgspec.DecodeError as error:
            raise UnreadableObjectError(f"`{listed[0][0]}` is not a list") from error
    return _only_config(list(unwrapped(value.strip(), opener)))


def _only_config(found: list[Found]) -> list[Found] | OtherKind:
    """Return the kind when an object holds Config's items and nothing else: they are state, and read elsewhere."""
    return OtherKind("config") if found and all(kind == "config" for kind, _ in found) else found


def is_object(text: bytes) -> bool:
    """Whether text is one whole JSON object."""
    try:
        _as_object.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def alone(piece: bytes, opener: Opener, depth: int = 0) -> Iterator[Found]:
    """Yield what one piece of text holds, which may be anything."""
    try:
        _as_object.decode(piece)
    except msgspec.ValidationError:
        yield from _list_or_not(piece, opener, depth)
    except RecursionError:
        yield CLOUDTRAIL, Broken("nested_too_deeply", piece)
    except (msgspec.DecodeError, UnicodeError):
        yield CLOUDTRAIL, Broken("not_json", piece)
    else:
        yield from unwrapped(piece, opener, depth)


def _list_or_not(piece: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    try:
        inner = _as_list.decode(piece)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        inner = []
    if not inner:
        yield CLOUDTRAIL, Broken("not_an_object", piece)
    for raw in inner:
        yield from unwrapped(bytes(raw), opener, depth + 1)


def unwrapped(record: bytes, opener: Opener, depth: int = 0) -> Iterator[Found]:
    """Yield the record itself, or what an envelope around it holds."""
    try:
        fields = _as_object.decode(record)
    except (msgspec.DecodeError, UnicodeError):
        yield CLOUDTRAIL, Broken("not_an_object", record)
        return
    except RecursionError:
        yield CLOUDTRAIL, Broken("nested_too_deeply", record)
        return
    if depth > DEEPEST:
        yield CLOUDTRAIL, Broken("nested_too_deeply", record)
        return
    payload = payload_of(fields)
    listed = _lists_in(record, fields)
    if payload is not None:
        yield from _carried(payload, record, opener, depth)
    elif is_subscription(fields):
        for message in messages_of(fields, record):
            if isinstance(message, bytes):
                yield from alone(message, opener, depth + 1)
            else:
                yield CLOUDTRAIL, message
    elif "eventName" in fields or "eventTime" in fields:
        yield from _record(fields, record)
    elif "CloudTrailEvent" in fields:
        yield _lookup_event(fields["CloudTrailEvent"], record)
    elif "detail-type" in fields and "detail" in fields:
        yield from _inside(bytes(fields["detail"]), record, opener, depth)
    elif "TopicArn" in fields and "Message" in fields:
        yield from _notification(fields["Message"], record, opener, depth)
    elif listed:
        try:
            yield from [one for field, raw in listed for one in _listed(field, raw, opener, depth + 1)]
        except (msgspec.DecodeError, UnicodeError):
            yield CLOUDTRAIL, Broken("not_an_object", record)
    elif is_lake_row(fields):
        yield lake_row(record)
    elif is_access_object(fields):
        yield access_object(record)
    elif is_ocsf(fields):
        yield ocsf_object(record)
    elif is_cloudfront_object(fields):
        yield edge_object(record)
    elif _CONFIG_ITEM & fields.keys():
        yield "config", Broken("configuration_item", record)
    else:
        yield CLOUDTRAIL, Broken(NOT_A_RECORD, record)


def _lists_in(value: bytes, fields: Mapping[str, Raw]) -> list[tuple[str, bytes]]:
    """Return the lists of records in an object; of two members with one name, a reader of JSON sees the last only."""
    names = [field for field in LISTS if field in fields]
    if sum(value.count(f'"{field}"'.encode()) for field in names) > len(names):
        members = [(name.decode("utf-8", "replace"), text) for name, text in cut_members(value)]
        found = [(name, text) for name, text in members if name in names]
    else:
        found = [(field, bytes(fields[field])) for field in names]
    return [(name, text) for name, text in found if text.startswith(b"[")] or found[:1]


def _listed(field: str, listed: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    for raw in _as_list.decode(listed):
        if field == "QueryResultRows":
            yield query_row(bytes(raw))
        else:
            yield from unwrapped(bytes(raw), opener, depth)


def _record(fields: Mapping[str, Raw], record: bytes) -> Iterator[Found]:
    if "eventData" in fields:
        yield lake_row(record)  # an event from outside AWS, wrapped by CloudTrail Lake
        return
    category = fields.get("eventCategory")
    yield "insight" if category is not None and bytes(category) == b'"Insight"' else CLOUDTRAIL, record


def _lookup_event(text: Raw, record: bytes) -> Found:
    try:
        return CLOUDTRAIL, _as_text.decode(text).encode()
    except (msgspec.DecodeError, UnicodeEncodeError):
        return CLOUDTRAIL, Broken("not_an_object", record)


def _inside(detail: bytes, record: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    """Yield what an envelope holds; what is broken is told with its envelope, which says what it was."""
    found = list(unwrapped(detail, opener, depth + 1))
    is_single = len(found) == 1 and isinstance(found[0][1], Broken)
    yield from (
        (kind, Broken(piece.reason, record) if is_single and isinstance(piece, Broken) else piece)
        for kind, piece in found
    )


def _notification(message: Raw, record: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    try:
        text = _as_text.decode(message).strip().encode()
    except (msgspec.DecodeError, UnicodeError):
        yield CLOUDTRAIL, Broken(NOT_A_RECORD, record)
        return
    if is_object(text):
        if {"s3Bucket", "s3ObjectKey"} <= _as_object.decode(text).keys():
            yield CLOUDTRAIL, Ignored("delivery_notification")
        else:
            yield from _inside(text, record, opener, depth)
    else:
        yield CLOUDTRAIL, Broken(NOT_A_RECORD, record)


def _carried(payload: str, record: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    try:
        data = opener.opened(payload).strip()
    except UnreadableObjectError:
        yield CLOUDTRAIL, Broken("damaged_payload", record)
        return
    yield from carried_values(data, opener, depth + 1) if data else ((CLOUDTRAIL, Ignored("empty_payload")),)


def carried_values(data: bytes, opener: Opener, depth: int) -> Iterator[Found]:
    """Yield what a payload holds: one JSON value, or several one behind the other."""
    if is_object(data):
        yield from unwrapped(data, opener, depth)
        return
    for value in cut_values(data):
        yield from alone(value, opener, depth)
