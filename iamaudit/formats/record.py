"""One CloudTrail record: as a typed struct where it is as documented, else field by field as the columns of a row.

`Record` leaves every nested part as the JSON text it came in; `columns.py` makes columns of many. A record with an
unknown field or an unexpected type takes the careful path (`row_of`), which loses nothing: what does not fit its
column goes to `extra`. `tests/oracles/slow_decoder.py` is the obvious twin of both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from iamaudit.formats.identity import identity_columns
from iamaudit.formats.masking import without_secrets
from iamaudit.formats.values import NULL, Raw, UnusableError, instant, truth

MAX_RECORD = 32 << 20  # bytes of one record; AWS cuts a record's fields at 100 KB each (domain.md §1.1)


class Resource(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An entry of `resources`; `ARNPrefix` has no column, so a list with one is kept in `extra` as it came."""

    ARN: str | msgspec.UnsetType | None = msgspec.UNSET
    accountId: str | msgspec.UnsetType | None = msgspec.UNSET
    type: str | msgspec.UnsetType | None = msgspec.UNSET
    ARNPrefix: str | msgspec.UnsetType | None = msgspec.UNSET


class Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The top-level fields of domain.md §1.1; names are AWS's, the order is that of `columns.py`."""

    eventTime: str
    eventVersion: str | None = None
    eventSource: str | None = None
    eventName: str | None = None
    eventType: str | None = None
    eventCategory: str | None = None
    awsRegion: str | None = None
    recipientAccountId: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    requestID: str | None = None
    sharedEventID: str | None = None
    vpcEndpointId: str | None = None
    eventID: str | None = None
    readOnly: bool | None = None
    resources: list[Resource] | None = None
    userIdentity: Raw = NULL
    requestParameters: Raw = NULL
    responseElements: Raw = NULL
    additionalEventData: Raw = NULL
    serviceEventDetails: Raw = NULL
    tlsDetails: Raw = NULL
    managementEvent: bool | None = None
    apiVersion: str | None = None
    sessionCredentialFromConsole: str | None = None
    insightDetails: Raw = NULL
    addendum: Raw = NULL
    edgeDeviceDetails: Raw = NULL
    vpcEndpointAccountId: Raw = NULL
    eventContext: Raw = NULL
    omitted: Raw = NULL


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


def row_of(record: bytes) -> dict[str, Any]:
    """Return the columns of one record, given as JSON text; raise `UnusableError` with the reason otherwise."""
    if len(record) > MAX_RECORD:
        raise UnusableError("record_too_large")
    try:
        return careful_row(record)
    except RecursionError as error:
        raise UnusableError("nested_too_deeply") from error


def careful_row(record: bytes) -> dict[str, Any]:
    """Return the columns of a record that may not be quite as documented; what does not fit a column is in `extra`."""
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
    check_version(pending.get("eventVersion") if row["event_version"] is None else row["event_version"])
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
    row["extra"] = without_secrets(extra_text(pending))
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


def extra_text(extra: Mapping[str, str]) -> str | None:
    """Return the fields without a column as one JSON object, by name, or None when there are none."""
    if not extra:
        return None
    return "{" + ",".join(f"{msgspec.json.encode(name).decode()}:{text}" for name, text in sorted(extra.items())) + "}"


@lru_cache(maxsize=256)
def check_version(version: str | None) -> None:
    """Accept unknown minor versions, refuse another major (domain.md §1.1); a record may lack the field."""
    if version is not None and version.split(".", 1)[0] != "1":
        raise UnusableError("unknown_event_version")


def content_id(record: bytes) -> str:
    """Return an id for a record without one: the same bytes have the same id."""
    return "sha256:" + hashlib.sha256(record).hexdigest()[:32]
