"""Security Lake's OCSF events of CloudTrail, back to CloudTrail's own shape.

Both mappings are read: OCSF 1.0.0-rc.2 (source version 1: `unmapped` holds the request, flat) and OCSF 1.1 (source
version 2: `api.request.data` holds it as JSON). Lost on the way to OCSF, and not to be had back: the type of every
number and flag in a flat request, lists in it, the issuer's own id where the principal's does not show it, and
fractions of what `observables` repeats. What has no place in a record is kept under `ocsf`.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from iamaudit.sources.pieces import Broken, Found, Ignored
from iamaudit.sources.presto_text import parsed_text

KIND = "ocsf"
_SECRETS = ("sessiontoken", "secretaccesskey")
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
    product = _get(row, "metadata.product.name")
    service = _get(row, "api.service.name")
    if (product or "CloudTrail") != "CloudTrail" or (product is None and not str(service).endswith(".amazonaws.com")):
        return KIND, Ignored("ocsf_of_another_source")
    try:
        return KIND, msgspec.json.encode(_record(copy.deepcopy(dict(row))))
    except (msgspec.EncodeError, UnicodeError, RecursionError, TypeError, ValueError, OverflowError):
        return KIND, Broken("not_an_ocsf_event", repr(row).encode("utf-8", "replace"))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    unmapped = _take(row, "unmapped")
    record = _unflattened(dict(unmapped)) if isinstance(unmapped, (Mapping, list)) else {}
    for name, places in _PLACES:
        _put(record, name, _first(row, places))
    for name in ("requestParameters", "responseElements"):
        if name in record:
            record[name] = parsed_text(record[name])
    _put(record, "eventTime", _time(_first(row, ("time_dt", "time"))))
    record["userIdentity"] = _identity(row, record.get("userIdentity"))
    _put(record, "resources", _resources(_take(row, "resources")))
    rest = _kept(row)
    return {**record, "ocsf": rest} if rest else record


def _identity(row: dict[str, Any], known: Any) -> dict[str, Any]:
    """Return the `userIdentity`: version 1 has the ARN in `uuid` and the id in `uid`, version 2 in `uid` and `uid_alt`."""
    who: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    for name, places in _WHO:
        _put(who, name, _first(row, places))
    uid, alt, uuid = (_take(row, f"actor.user.{name}") for name in ("uid", "uid_alt", "uuid"))
    _put(who, "arn", uuid if uuid is not None else uid if str(uid).startswith("arn:") else None)
    _put(who, "principalId", alt if alt is not None else uid if not str(uid).startswith("arn:") else None)
    context = who.get("sessionContext")
    context = dict(context) if isinstance(context, dict) else {}
    attributes, issuer = ({**(context.get(part) or {})} for part in ("attributes", "sessionIssuer"))
    _put(
        attributes, "creationDate", _time(_first(row, ("actor.session.created_time_dt", "actor.session.created_time")))
    )
    mfa = _first(row, ("actor.session.is_mfa", "actor.session.mfa"))
    _put(attributes, "mfaAuthenticated", None if mfa is None else str(mfa).lower())
    _put(issuer, "arn", _take(row, "actor.session.issuer"))
    if "arn" in issuer and who.get("type") == "AssumedRole":
        issuer.setdefault("type", "Role")
        role_id = str(who.get("principalId", "")).partition(":")[0]
        _put(issuer, "principalId", issuer.get("principalId") or role_id or None)
    _put(context, "attributes", attributes or None)
    _put(context, "sessionIssuer", issuer or None)
    _put(who, "sessionContext", context or None)
    return who


def _resources(listed: Any) -> list[dict[str, Any]] | None:
    if not isinstance(listed, list):
        return None
    found = []
    for entry in listed:
        if not isinstance(entry, dict):
            continue
        arn, kind = _take(entry, "uid"), _take(entry, "type")
        account = _first(entry, ("owner.account.uid", "account_uid"))
        told = {"ARN": arn, "accountId": account, "type": kind, **_kept(entry)}
        found.append({name: value for name, value in told.items() if value is not None})
    return [entry for entry in found if entry] or None


def _time(value: Any) -> Any:
    """Return an instant, given in milliseconds of the epoch or in words, in CloudTrail's words."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.isoformat().replace("+00:00", "Z")
    return value


def _unflattened(flat: Mapping[Any, Any]) -> dict[str, Any]:
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


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is left of a row, without empty parts and without what only repeats the class in numbers."""
    found = {}
    for name, value in row.items():
        kept = _plain(value)
        if kept not in (None, {}, [], "") and name not in _DERIVED:
            found[name] = kept
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): kept for name, inner in value.items() if (kept := _plain(inner)) not in (None, {}, [], "")}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    if value is not None and value != "":
        record[name] = value


def _first(row: dict[str, Any], places: tuple[str, ...]) -> Any:
    """Take all *places* out of the row; the first that holds something is the answer."""
    found = [_take(row, place) for place in places]
    return next((value for value in found if value is not None and value != ""), None)


def _take(row: dict[str, Any], path: str) -> Any:
    *way, last = path.split(".")
    node: Any = row
    for part in way:
        node = node.get(part) if isinstance(node, dict) else None
    return node.pop(last, None) if isinstance(node, dict) else None


def _get(row: Mapping[str, Any], path: str) -> Any:
    node: Any = row
    for part in path.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def ocsf_rows(rows: Iterator[Mapping[str, Any]]) -> Iterator[Found]:
    """Yield the records of many events."""
    for row in rows:
        yield ocsf_row(row)
