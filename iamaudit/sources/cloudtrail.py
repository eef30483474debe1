"""CloudTrail records as columns: a function from bytes to an Arrow table, with its books.

The quick path decodes a record into a typed struct and leaves every nested part as the JSON text it came in. A record
with an unknown field or an unexpected type takes the careful path (`careful_row`), which loses nothing: what does not
fit its column goes to `extra`. `tests/oracles/slow_decoder.py` is the obvious twin.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from iamaudit.errors import UnreadableObjectError
from iamaudit.lake.schema import EVENTS_SCHEMA
from iamaudit.model.tally import Tally
from iamaudit.sources.envelopes import Broken, OtherKind, records_of
from iamaudit.sources.gunzip import gunzip

Raw = msgspec.Raw
NULL = Raw(b"null")  # `Raw | None` would take nothing but null
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


class _Attributes(msgspec.Struct):
    mfaAuthenticated: str | bool | None = None
    creationDate: str | None = None


class _Issuer(msgspec.Struct):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None


class _Session(msgspec.Struct):
    attributes: _Attributes | None = None
    sessionIssuer: _Issuer | None = None
    sourceIdentity: str | None = None


class _Identity(msgspec.Struct):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None
    accountId: str | None = None
    accessKeyId: str | None = None
    userName: str | None = None
    invokedBy: str | None = None
    sessionContext: _Session | None = None
    onBehalfOf: Raw = NULL
    inScopeOf: Raw = NULL


_record = msgspec.json.Decoder(_Record)
_fields = msgspec.json.Decoder(dict[str, Raw])
_identity = msgspec.json.Decoder(_Identity)
_text = msgspec.json.Decoder(str)
_flag = msgspec.json.Decoder(bool | str)
_loose_resources = msgspec.json.Decoder(list[dict[str, Any]])
_anything = msgspec.json.Decoder()

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
SECRET_FIELDS = {"sessiontoken", "secretaccesskey"}  # in lower case
_SECRET_WORDS = ("essionToken", "ecretAccessKey")
_SECRET_IN_BYTES = re.compile(rb'("(?:[sS]essionToken|[sS]ecretAccessKey)"\s*:\s*")[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class _UnusableError(Exception):
    """A record that cannot become a row; the reason goes into the books."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out of one object: rows of `EVENTS_SCHEMA`, the books, and what was set aside with its reason."""

    table: pa.Table
    tally: Tally
    set_aside: tuple[Broken, ...]
    kind: str = "cloudtrail"


def decode(data: bytes, *, source_key: str = "", batch_id: str = "") -> Decoded:
    """Decode one log object, gzip or not, in any shape of `envelopes.records_of`.

    Every record is a row or is set aside with its bytes. Raises `UnreadableObjectError` when the object as a whole
    cannot be unzipped or is not JSON.
    """
    found = records_of(gunzip(data))
    if isinstance(found, OtherKind):
        return Decoded(EVENTS_SCHEMA.empty_table(), Tally(), (), found.kind)
    rows: list[dict[str, Any]] = []
    broken: list[Broken] = []
    for piece in found:
        if isinstance(piece, Broken):
            broken.append(Broken(piece.reason, _SECRET_IN_BYTES.sub(rb"\1***", piece.data)))
            continue
        try:
            row = row_of(piece)
        except _UnusableError as why:
            broken.append(Broken(str(why), _SECRET_IN_BYTES.sub(rb"\1***", piece)))
            continue
        row["source_key"] = source_key
        row["batch_id"] = batch_id
        rows.append(row)
    reasons = Counter(piece.reason for piece in broken)
    tally = Tally(len(found), len(rows), {}, dict(reasons))
    return Decoded(pa.Table.from_pylist(rows, schema=EVENTS_SCHEMA), tally, tuple(broken))


def row_of(record: bytes) -> dict[str, Any]:
    """Return the columns of one record, given as JSON text; raise `_UnusableError` with the reason otherwise."""
    if len(record) > MAX_RECORD:
        raise _UnusableError("record_too_large")
    try:
        return _quick_row(record, _record.decode(record))
    except (msgspec.DecodeError, UnicodeError):
        return careful_row(record)
    except RecursionError as error:
        raise _UnusableError("nested_too_deeply") from error


def _quick_row(record: bytes, event: _Record) -> dict[str, Any]:
    row: dict[str, Any] = {column: getattr(event, field) for column, field in TEXT_COLUMNS.items()}
    row |= {column: without_secrets(_raw_text(getattr(event, field))) for column, field in RAW_COLUMNS.items()}
    _check_version(event.eventVersion)
    row["event_time"] = instant(event.eventTime)
    row["event_id"] = event.eventID or content_id(record)
    row["read_only"] = event.readOnly
    if event.resources is not None:
        row["resources"] = [{"arn": r.arn, "account_id": r.account_id, "type": r.type} for r in event.resources]
    extra = {name: text for name in EXTRA_FIELDS if (text := _raw_text(getattr(event, name))) is not None}
    row["extra"] = without_secrets(_extra_text(extra))
    identity = without_secrets(_raw_text(event.userIdentity))
    row["user_identity"] = identity
    row |= identity_columns(identity)
    row["account_id"] = row["account_id"] or row["identity_account_id"]
    return row


def careful_row(record: bytes) -> dict[str, Any]:
    """Return the columns of a record that is not quite as documented; what does not fit a column is in `extra`."""
    try:
        fields = _fields.decode(record)
    except msgspec.DecodeError as error:
        raise _UnusableError("not_an_object") from error
    pending = {}
    for name, raw in fields.items():
        try:
            text = bytes(raw).decode()
            name.encode()
        except UnicodeError as error:
            raise _UnusableError("invalid_utf8") from error
        if text != "null":
            pending[name] = text
    row: dict[str, Any] = {}
    for column, field in TEXT_COLUMNS.items():
        row[column] = _take(pending, field, _text)
    for column, field in RAW_COLUMNS.items():
        row[column] = without_secrets(pending.pop(field, None))
    _check_version(pending.get("eventVersion") if row["event_version"] is None else row["event_version"])
    if "eventTime" not in pending:
        raise _UnusableError("no_event_time")
    row["event_time"] = instant(_take(pending, "eventTime", _text) or "")
    row["event_id"] = _take(pending, "eventID", _text) or content_id(record)
    flag = pending.get("readOnly")
    row["read_only"] = _truth(_take(pending, "readOnly", _flag))
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


def _raw_text(raw: Raw | None) -> str | None:
    if raw is None:
        return None
    text = bytes(raw).decode()
    return None if text == "null" else text


def _truth(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


@lru_cache(maxsize=65_536)
def identity_columns(identity: str | None) -> dict[str, Any]:
    """Return the identity's own columns; a part of an unexpected type is null, the JSON text keeps it."""
    if identity is None:
        identity = "{}"
    try:
        who = _identity.decode(identity)
    except (msgspec.DecodeError, UnicodeError):
        who = _careful_identity(identity)
    session = who.sessionContext or _Session()
    attributes = session.attributes or _Attributes()
    issuer = session.sessionIssuer or _Issuer()
    arn = who.arn or ""
    is_session = ":assumed-role/" in arn or ":federated-user/" in arn
    created = attributes.creationDate
    return {
        "identity_type": who.type,
        "identity_arn": who.arn,
        "principal_id": who.principalId,
        "identity_account_id": who.accountId,
        "access_key_id": who.accessKeyId or None,
        "user_name": who.userName,
        "issuer_arn": issuer.arn,
        "issuer_type": issuer.type,
        "issuer_id": issuer.principalId,
        "session_name": arn.rpartition("/")[2] if is_session else None,
        "source_identity": session.sourceIdentity,
        "mfa_authenticated": _truth(attributes.mfaAuthenticated),
        "session_created_at": _instant_or_none(created) if created else None,
        "invoked_by": who.invokedBy,
        "on_behalf_of": _raw_text(who.onBehalfOf),
        "in_scope_of": _raw_text(who.inScopeOf),
    }


def _careful_identity(identity: str) -> _Identity:
    """Keep the parts of an identity that have the documented type, drop to null the parts that have not."""
    try:
        loose = _anything.decode(identity)
    except (msgspec.DecodeError, UnicodeError):
        return _Identity()

    def fit(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            return None
        kept = {}
        for field in msgspec.structs.fields(kind):
            part = value.get(field.name)
            nested = {"sessionContext": _Session, "attributes": _Attributes, "sessionIssuer": _Issuer}.get(field.name)
            if nested is not None:
                kept[field.name] = fit(part, nested)
            elif field.name in {"onBehalfOf", "inScopeOf"}:
                kept[field.name] = None if part is None else Raw(msgspec.json.encode(part))
            elif isinstance(part, (str, bool)):
                kept[field.name] = part if isinstance(part, str) or field.name == "mfaAuthenticated" else None
        return kind(**kept)

    who = fit(loose, _Identity)
    return who if isinstance(who, _Identity) else _Identity()


@lru_cache(maxsize=65_536)
def instant(text: str) -> datetime:
    """Return the UTC instant that *text* names (ISO 8601, basic or extended); raise `_UnusableError` otherwise."""
    found = _instant_or_none(text)
    if found is None:
        raise _UnusableError("bad_event_time")
    return found


def _instant_or_none(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # not a time, or one before the year 1 or after 9999 in UTC
        return None


@lru_cache(maxsize=256)
def _check_version(version: str | None) -> None:
    """Accept unknown minor versions, refuse another major (domain.md §1.1); a record may lack the field."""
    if version is not None and version.split(".", 1)[0] != "1":
        raise _UnusableError("unknown_event_version")


def content_id(record: bytes) -> str:
    """Return an id for a record without one: the same bytes have the same id."""
    return "sha256:" + hashlib.sha256(record).hexdigest()[:32]


def without_secrets(text: str | None) -> str | None:
    """Return JSON text with the values of credentials taken out: no secret reaches the lake (design.md §6).

    `accessKeyId` stays: it is an identifier, and it links a session to the call that made it. Text without a secret
    is returned as it came.
    """
    if text is None:
        return None
    is_named = any(word in text for word in _SECRET_WORDS)
    if not is_named and "\\u" not in text:  # an escape may hide the name
        return text
    try:
        value = _anything.decode(text)
        return msgspec.json.encode(_masked(value)).decode() if _has_secret(value) else text
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if not is_named:
            return text
        raise _UnusableError("secret_in_unreadable_text") from error


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(name.lower() in SECRET_FIELDS or _has_secret(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(_has_secret, value))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if name.lower() in SECRET_FIELDS and inner is not None else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def unreadable(error: UnreadableObjectError) -> str:
    """Return the reason word under which the books count an object that could not be read."""
    text = str(error)
    if "gzip" in text:
        return "damaged_gzip"
    if "come out" in text:
        return "too_large"
    return "not_json"
