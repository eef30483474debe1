"""Security Lake's OCSF events of CloudTrail, back to CloudTrail's own shape.

Both mappings are read: OCSF 1.0.0-rc.2 (source version 1: `unmapped` holds the request, flat) and OCSF 1.1 (source
version 2: `api.request.data` holds it as JSON). Lost on the way to OCSF, and not to be had back: the type of every
number and flag in a flat request, lists in it, the issuer's own id where the principal's does not show it, and
fractions of what `observables` repeats. What has no place in a record is kept under `ocsf`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Container, Iterator, Mapping
from typing import Any

import msgspec

from iamaudit.formats.nested import at_path, instant_text, kept_of, put, take, take_first, unflattened
from iamaudit.formats.pieces import Broken, Found, Ignored
from iamaudit.formats.presto_text import parsed_text

KIND = "ocsf"
_DERIVED = ("observables", "activity_id", "category_uid", "class_uid", "severity_id", "status_id", "type_uid")

# the field of a record, and where OCSF has it: the first that is there counts
_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("eventVersion", ("metadata.product.version",)),
    ("eventSource", ("api.service.name",)),
    ("eventName", ("api.operation",)),
    ("awsRegion", ("cloud.region", "region")),
    ("sourceIPAddress", ("src_endpoint.ip", "src_endpoint.domain")),
    ("userAgent", ("http_request.user_agent",)),
    ("errorCode", ("api.response.error",)),
    ("errorMessage", ("api.response.message", "api.response.error_message")),
    ("requestID", ("api.request.uid",)),
    ("eventID", ("metadata.uid",)),
    ("eventType", ("metadata.event_code",)),
    ("eventCategory", ("metadata.product.feature.name",)),
    ("apiVersion", ("api.version",)),
    ("vpcEndpointId", ("src_endpoint.uid",)),
    ("recipientAccountId", ("cloud.account.uid", "cloud.account_uid", "accountid")),
    ("requestParameters", ("api.request.data",)),
    ("responseElements", ("api.response.data",)),
)
_WHO: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("type", ("actor.user.type",)),
    ("accountId", ("actor.user.account.uid", "actor.user.account_uid")),
    ("accessKeyId", ("actor.user.credential_uid",)),
    ("userName", ("actor.user.name",)),
    ("invokedBy", ("actor.invoked_by",)),
    ("identityProvider", ("actor.idp.name",)),
)


def is_ocsf(names: Container[str]) -> bool:
    """Whether an object or a table with these *names* holds OCSF events."""
    return "class_uid" in names and "metadata" in names


def ocsf_object(data: bytes) -> Found:
    """Return the record of an event that is JSON text."""
    try:
        return ocsf_row(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return KIND, Broken("not_json", data)


def ocsf_row(row: Mapping[str, Any]) -> Found:
    """Return the record of one event; an event of another product is none of ours."""
    product = at_path(row, "metadata.product.name")
    service = at_path(row, "api.service.name")
    if (product or "CloudTrail") != "CloudTrail" or (product is None and not str(service).endswith(".amazonaws.com")):
        return KIND, Ignored("ocsf_of_another_source")
    try:
        return KIND, msgspec.json.encode(_record(copy.deepcopy(dict(row))))
    except (msgspec.EncodeError, UnicodeError, RecursionError, TypeError, ValueError, OverflowError, OSError):
        return KIND, Broken("not_an_ocsf_event", _set_aside(row))


def _set_aside(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON in which credentials are found and taken out: JSON in texts is opened, flat names nested."""
    opened = dict(row)
    for name in ("request", "response"):
        data = parsed_text(at_path(row, f"api.{name}.data"))
        if isinstance(data, (dict, list)):
            opened[f"{name}Data"] = data
    unmapped = opened.pop("unmapped", None)
    if isinstance(unmapped, Mapping):
        opened |= unflattened(unmapped)
    try:
        return json.dumps(_without_data(opened), default=str).encode()
    except (RecursionError, TypeError, ValueError):
        return b"{}"  # too deep to be searched for credentials


def _without_data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _without_data(inner) for name, inner in value.items() if name != "data"}
    return value


def _record(row: dict[str, Any]) -> dict[str, Any]:
    unmapped = take(row, "unmapped")
    record = unflattened(dict(unmapped)) if isinstance(unmapped, (Mapping, list)) else {}
    for name, places in _PLACES:
        put(record, name, take_first(row, places))
    for name in ("requestParameters", "responseElements"):
        if name in record:
            record[name] = parsed_text(record[name])
    put(record, "eventTime", instant_text(take_first(row, ("time_dt", "time"))))
    record["userIdentity"] = _identity(row, record.get("userIdentity"))
    put(record, "resources", _resources(take(row, "resources")))
    rest = kept_of(row, without=_DERIVED)
    return {**record, "ocsf": rest} if rest else record


def _identity(row: dict[str, Any], known: Any) -> dict[str, Any]:
    """Return the `userIdentity`: version 1 has the ARN in `uuid` and the id in `uid`, version 2 in `uid` and `uid_alt`."""
    who: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    for name, places in _WHO:
        put(who, name, take_first(row, places))
    uid, alt, uuid = (take(row, f"actor.user.{name}") for name in ("uid", "uid_alt", "uuid"))
    put(who, "arn", uuid if uuid is not None else uid if str(uid).startswith("arn:") else None)
    put(who, "principalId", alt if alt is not None else uid if not str(uid).startswith("arn:") else None)
    context = who.get("sessionContext")
    context = dict(context) if isinstance(context, dict) else {}
    attributes, issuer = ({**(context.get(part) or {})} for part in ("attributes", "sessionIssuer"))
    put(
        attributes,
        "creationDate",
        instant_text(take_first(row, ("actor.session.created_time_dt", "actor.session.created_time"))),
    )
    mfa = take_first(row, ("actor.session.is_mfa", "actor.session.mfa"))
    put(attributes, "mfaAuthenticated", None if mfa is None else str(mfa).lower())
    put(issuer, "arn", take(row, "actor.session.issuer"))
    if "arn" in issuer and who.get("type") == "AssumedRole":
        issuer.setdefault("type", "Role")
        role_id = str(who.get("principalId", "")).partition(":")[0]
        put(issuer, "principalId", issuer.get("principalId") or role_id or None)
    put(context, "attributes", attributes or None)
    put(context, "sessionIssuer", issuer or None)
    put(who, "sessionContext", context or None)
    return who


def _resources(listed: Any) -> list[dict[str, Any]] | None:
    if not isinstance(listed, list):
        return None
    found = []
    for entry in listed:
        if not isinstance(entry, dict):
            continue
        arn, kind = take(entry, "uid"), take(entry, "type")
        account = take_first(entry, ("owner.account.uid", "account_uid"))
        told = {"ARN": arn, "accountId": account, "type": kind, **kept_of(entry)}
        found.append({name: value for name, value in told.items() if value is not None})
    return [entry for entry in found if entry] or None


def ocsf_rows(rows: Iterator[Mapping[str, Any]]) -> Iterator[Found]:
    """Yield the records of many events."""
    for row in rows:
        yield ocsf_row(row)
