"""A parsed record as a row of the events table, for the rivals that parse into dicts (design: the 43 columns of `events`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa

TEXTS = {
    "event_id": "eventID",
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
JSONS = {
    "user_identity": "userIdentity",
    "request_parameters": "requestParameters",
    "response_elements": "responseElements",
    "additional_event_data": "additionalEventData",
    "service_event_details": "serviceEventDetails",
    "tls_details": "tlsDetails",
}
KNOWN = {*TEXTS.values(), *JSONS.values(), "eventTime", "readOnly", "resources"}
IDENTITY = (
    "identity_type",
    "identity_arn",
    "principal_id",
    "identity_account_id",
    "access_key_id",
    "user_name",
    "issuer_arn",
    "issuer_type",
    "issuer_id",
    "session_name",
    "source_identity",
    "mfa_authenticated",
    "session_created_at",
    "invoked_by",
    "on_behalf_of",
    "in_scope_of",
)
TIME = pa.timestamp("us", tz="UTC")
RESOURCES = pa.list_(pa.struct([("arn", pa.string()), ("account_id", pa.string()), ("type", pa.string())]))
_TYPES: dict[str, pa.DataType] = {
    "event_time": TIME,
    "session_created_at": TIME,
    "read_only": pa.bool_(),
    "mfa_authenticated": pa.bool_(),
    "resources": RESOURCES,
}
NAMES = (*TEXTS, *JSONS, "event_time", "read_only", "resources", *IDENTITY, "extra", "source_key", "batch_id")
SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in NAMES])
Dumps = Callable[[Any], str]


def row(record: dict[str, Any], source: str, batch: str, dumps: Dumps) -> tuple[Any, ...]:
    """Return the values of `NAMES`; nested parts become JSON text by *dumps*."""
    get = record.get
    who = get("userIdentity") or {}
    resources = get("resources")
    extra = {name: value for name, value in record.items() if name not in KNOWN and value is not None}
    return (
        *(get(field) for field in TEXTS.values()),
        *(None if (value := get(field)) is None else dumps(value) for field in JSONS.values()),
        instant(get("eventTime")),
        get("readOnly"),
        None
        if resources is None
        else [{"arn": r.get("ARN"), "account_id": r.get("accountId"), "type": r.get("type")} for r in resources],
        *_identity(who, dumps),
        dumps(extra) if extra else None,
        source,
        batch,
    )


def _identity(who: dict[str, Any], dumps: Dumps) -> tuple[Any, ...]:
    session = who.get("sessionContext") or {}
    attributes = session.get("attributes") or {}
    issuer = session.get("sessionIssuer") or {}
    arn = who.get("arn") or ""
    mfa = attributes.get("mfaAuthenticated")
    behalf, scope = who.get("onBehalfOf"), who.get("inScopeOf")
    return (
        who.get("type"),
        who.get("arn"),
        who.get("principalId"),
        who.get("accountId"),
        who.get("accessKeyId"),
        who.get("userName"),
        issuer.get("arn"),
        issuer.get("type"),
        issuer.get("principalId"),
        arn.rpartition("/")[2] if ":assumed-role/" in arn or ":federated-user/" in arn else None,
        session.get("sourceIdentity"),
        None if mfa is None else mfa == "true",
        instant(attributes.get("creationDate")),
        who.get("invokedBy"),
        None if behalf is None else dumps(behalf),
        None if scope is None else dumps(scope),
    )


def instant(text: str | None) -> datetime | None:
    """Return the time that AWS writes as `2026-08-06T16:36:29Z`."""
    return None if text is None else datetime.fromisoformat(text)
