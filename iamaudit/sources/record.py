"""One CloudTrail record as the columns of a row.

The quick path decodes a record into a typed struct and leaves every nested part as the JSON text it came in. A record
with an unknown field or an unexpected type takes the careful path (`careful_row`), which loses nothing: what does not
fit its column goes to `extra`. `tests/oracles/slow_decoder.py` is the obvious twin.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import msgspec

from iamaudit.sources.identity import identity_columns
from iamaudit.sources.masking import without_secrets
from iamaudit.sources.values import NULL, Raw, UnusableError, instant, raw_text, truth

MAX_RECORD = 32 << 20  # bytes of one record; AWS cuts a record's fields at 100 KB each (domain.md §1.1)


class _Resource(msgspec.Struct, forbid_unknown_fields=True, rename={"arn": "ARN", "account_id": "accountId"}):
    arn: str | None = None
    account_id: str | None = None
    type: str | None = None


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """The top-level fields of domain.md §1.1; names are AWS's."""

    eventTime: str
    eventVersion: str | None = None
    userIdentity: Raw = NULL
    eventSource: str | None = None
    eventName: str | None = None
    awsRegion: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    requestParameters: Raw = NULL
    responseElements: Raw = NULL
    additionalEventData: Raw = NULL
    requestID: str | None = None
    eventID: str | None = None
    readOnly: bool | None = None
    resources: list[_Resource] | None = None
    apiVersion: Raw = NULL
    eventType: str | None = None
    recipientAccountId: str | None = None
    sharedEventID: str | None = None
    vpcEndpointId: str | None = None
    serviceEventDetails: Raw = NULL
    managementEvent: Raw = NULL
    eventCategory: str | None = None
    insightDetails: Raw = NULL
    addendum: Raw = NULL
    sessionCredentialFromConsole: Raw = NULL
    edgeDeviceDetails: Raw = NULL
    tlsDetails: Raw = NULL
    vpcEndpointAccountId: Raw = NULL
    eventContext: Raw = NULL
    omitted: Raw = NULL


_record = msgspec.json.Decoder(_Record)
_fields = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)
_flag = msgspec.json.Decoder(bool | str)
_loose_resources = msgspec.json.Decoder(list[dict[str, Any]])

TEXT_COLUMNS = {
    "event_version": "eventVersion",
    "event_source": "eventSource",
    "event_name": "eventName",
    "event_type": "eventType",
    "event_category": "eventCategory",
    "aws_region": "awsRegion",
    "account_id": "recipientAccountId",
    "error_code": "errorCode",
    "error_message": "errorMessage",
    "source_ip": "sourceIPAddress",
    "user_agent": "userAgent",
    "request_id": "requestID",
    "shared_event_id": "sharedEventID",
    "vpc_endpoint_id": "vpcEndpointId",
}
RAW_COLUMNS = {
    "request_parameters": "requestParameters",
    "response_elements": "responseElements",
    "additional_event_data": "additionalEventData",
    "service_event_details": "serviceEventDetails",
    "tls_details": "tlsDetails",
}
EXTRA_FIELDS = (
    "apiVersion",
    "managementEvent",
    "insightDetails",
    "addendum",
    "sessionCredentialFromConsole",
    "edgeDeviceDetails",
    "vpcEndpointAccountId",
    "eventContext",
    "omitted",
)


def row_of(record: bytes) -> dict[str, Any]:
    """Return the columns of one record, given as JSON text; raise `UnusableError` with the reason otherwise."""
    if len(record) > MAX_RECORD:
        raise UnusableError("record_too_large")
    try:
        return _quick_row(record, _record.decode(record))
    except (msgspec.DecodeError, UnicodeError):
        return careful_row(record)
    except RecursionError as error:
        raise UnusableError("nested_too_deeply") from error


def _quick_row(record: bytes, event: _Record) -> dict[str, Any]:
    row: dict[str, Any] = {column: getattr(event, field) for column, field in TEXT_COLUMNS.items()}
    row |= {column: without_secrets(raw_text(getattr(event, field))) for column, field in RAW_COLUMNS.items()}
    _check_version(event.eventVersion)
    row["event_time"] = instant(event.eventTime)
    row["event_id"] = event.eventID or content_id(record)
    row["read_only"] = event.readOnly
    if event.resources is not None:
        row["resources"] = [{"arn": r.arn, "account_id": r.account_id, "type": r.type} for r in event.resources]
    extra = {name: text for name in EXTRA_FIELDS if (text := raw_text(getattr(event, name))) is not None}
    row["extra"] = without_secrets(_extra_text(extra))
    identity = without_secrets(raw_text(event.userIdentity))
    row["user_identity"] = identity
    row |= identity_columns(identity)
    row["account_id"] = row["account_id"] or row["identity_account_id"]
    return row


def careful_row(record: bytes) -> dict[str, Any]:
    """Return the columns of a record that is not quite as documented; what does not fit a column is in `extra`."""
    try:
        fields = _fields.decode(record)
    except msgspec.DecodeError as error:
        raise UnusableError("not_an_object") from error
    pending = {}
    for name, raw in fields.items():
        try:
            text = bytes(raw).decode()
            name.encode()
        except UnicodeError as error:
            raise UnusableError("invalid_utf8") from error
        if text != "null":
            pending[name] = text
    row: dict[str, Any] = {}
    for column, field in TEXT_COLUMNS.items():
        row[column] = _take(pending, field, _text)
    for column, field in RAW_COLUMNS.items():
        row[column] = without_secrets(pending.pop(field, None))
    _check_version(pending.get("eventVersion") if row["event_version"] is None else row["event_version"])
    if "eventTime" not in pending:
        raise UnusableError("no_event_time")
    row["event_time"] = instant(_take(pending, "eventTime", _text) or "")
    row["event_id"] = _take(pending, "eventID", _text) or content_id(record)
    flag = pending.get("readOnly")
    row["read_only"] = truth(_take(pending, "readOnly", _flag))
    if row["read_only"] is None and flag is not None:
        pending["readOnly"] = flag
    row["resources"] = _careful_resources(pending)
    identity = without_secrets(pending.pop("userIdentity", None))
    row["user_identity"] = identity
    row |= identity_columns(identity)
    row["account_id"] = row["account_id"] or row["identity_account_id"]
    row["extra"] = without_secrets(_extra_text(pending))
    return row


def _take(pending: dict[str, str], field: str, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Take *field* out of *pending* if it has the decoder's type; else leave it there, for `extra`."""
    if field not in pending:
        return None
    try:
        value = decoder.decode(pending[field])
        if isinstance(value, str):
            value.encode()
    except (msgspec.DecodeError, UnicodeError):
        return None
    del pending[field]
    return value


def _careful_resources(pending: dict[str, str]) -> list[dict[str, str | None]] | None:
    """Return what fits the column; entries with other members (`ARNPrefix`) also keep the whole list in `extra`."""
    if "resources" not in pending:
        return None
    try:
        listed = _loose_resources.decode(pending["resources"])
    except (msgspec.DecodeError, UnicodeError):
        return None
    known = ("ARN", "accountId", "type")
    fits = all(
        name in known and (value is None or isinstance(value, str)) for entry in listed for name, value in entry.items()
    )
    if fits:
        del pending["resources"]
    taken = [[entry.get(name) if isinstance(entry.get(name), str) else None for name in known] for entry in listed]
    return [{"arn": arn, "account_id": account, "type": kind} for arn, account, kind in taken]


def _extra_text(extra: dict[str, str]) -> str | None:
    if not extra:
        return None
    return "{" + ",".join(f"{msgspec.json.encode(name).decode()}:{text}" for name, text in sorted(extra.items())) + "}"


@lru_cache(maxsize=256)
def _check_version(version: str | None) -> None:
    """Accept unknown minor versions, refuse another major (domain.md §1.1); a record may lack the field."""
    if version is not None and version.split(".", 1)[0] != "1":
        raise UnusableError("unknown_event_version")


def content_id(record: bytes) -> str:
    """Return an id for a record without one: the same bytes have the same id."""
    return "sha256:" + hashlib.sha256(record).hexdigest()[:32]
