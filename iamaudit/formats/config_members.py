"""The members of one configuration item as the columns of a row, whichever way AWS spells and nests them.

Files, notifications and the API spell the same member in several ways and give objects as objects or as JSON text
(domain.md §5). Here each has one spelling and is an object; numbers and the order of members stay as they came.
What does not fit its column is in `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from iamaudit.formats.masking import without_secrets
from iamaudit.formats.values import Raw, UnusableError, instant_or_none
from iamaudit.model.arn import parse_arn

_anything = msgspec.json.Decoder()
_raw = msgspec.json.Decoder(Raw)
_as_object = msgspec.json.Decoder(dict[str, Raw])
_as_list = msgspec.json.Decoder(list[Raw])
_as_text = msgspec.json.Decoder(str)
_as_tags = msgspec.json.Decoder(list[dict[str, str | None]])

# Every spelling in lower case, and the one that it gets here.
_SPELLING: Final[Mapping[str, str]] = {
    "awsaccountid": "accountId",
    "accountid": "accountId",
    "awsregion": "awsRegion",
    "resourcetype": "resourceType",
    "resourceid": "resourceId",
    "resourcename": "resourceName",
    "arn": "arn",
    "configurationitemstatus": "configurationItemStatus",
    "configurationitemcapturetime": "configurationItemCaptureTime",
    "configurationstateid": "configurationStateId",
    "resourcecreationtime": "resourceCreationTime",
    "configuration": "configuration",
    "supplementaryconfiguration": "supplementaryConfiguration",
    "tags": "tags",
    "relationships": "relationships",
    "relatedevents": "relatedEvents",
    "version": "configurationItemVersion",
    "configurationitemversion": "configurationItemVersion",
    "configurationitemmd5hash": "configurationItemMD5Hash",
    "configurationstatemd5hash": "configurationItemMD5Hash",
    "availabilityzone": "availabilityZone",
    "availibilityzone": "availabilityZone",
}
_ACCOUNT_DIGITS: Final = 12


def columns_of(members: Mapping[str, Raw], around: Mapping[str, Raw]) -> dict[str, Any]:
    """Return the columns of one item without its source; *around* is what stood beside it and goes to `extra`.

    Raises `UnusableError` for an item that does not say what it is of, or when; UnicodeError for text that is none.
    """
    pending = _spelled(members)
    row: dict[str, Any] = {
        "account_id": _take(pending, "accountId", _account),
        "region": _take(pending, "awsRegion", _text),
        "resource_type": _take(pending, "resourceType", _text),
        "resource_id": _take(pending, "resourceId", _text),
        "resource_name": _take(pending, "resourceName", _text),
        "arn": _take(pending, "arn", _text),
        "status": _take(pending, "configurationItemStatus", _text),
        "state_id": _take(pending, "configurationStateId", _number_text),
        "captured_at": _take(pending, "configurationItemCaptureTime", _time),
        "created_at": _take(pending, "resourceCreationTime", _time),
        "configuration": _take(pending, "configuration", _opened),
        "supplementary": _take(pending, "supplementaryConfiguration", _supplementary),
        "tags": _take(pending, "tags", _tags),
        "relationships": _take(pending, "relationships", _relationships),
    }
    if not row["resource_type"] or not row["resource_id"]:
        raise UnusableError("no_resource")
    if row["captured_at"] is None:
        raise UnusableError("bad_capture_time" if "configurationItemCaptureTime" in pending else "no_capture_time")
    row["account_id"] = row["account_id"] or _account_of(row["arn"])
    row["extra"] = _object_text({**{name: bytes(raw).decode() for name, raw in around.items()}, **pending})
    for name in ("configuration", "supplementary", "tags", "relationships", "extra"):
        row[name] = without_secrets(_without_blanks(row[name]))
    return row


def _without_blanks(text: str | None) -> str | None:
    """The same state is the same text, whether a file or a message brought it."""
    return None if text is None else msgspec.json.format(text, indent=-1)


def _spelled(members: Mapping[str, Raw]) -> dict[str, str]:
    """Return the JSON text of the members that are not null; of two spellings of one, the second keeps its own."""
    found: dict[str, str] = {}
    for name, raw in members.items():
        text = bytes(raw).decode()
        name.encode()
        if text == "null":
            continue
        one = _SPELLING.get(name.lower(), name)
        if found.setdefault(one, text) != text:
            found[name if name != one else f"{name} (again)"] = text
    return found


def _take(pending: dict[str, str], name: str, read: Callable[[str], Any]) -> Any:
    """Take a member out of *pending* if it is readable; else leave it there, for `extra`."""
    if name not in pending:
        return None
    try:
        value = read(pending[name])
        if isinstance(value, str):
            value.encode()
    except (msgspec.DecodeError, UnicodeError, ValueError, OverflowError, OSError, TypeError):
        return None
    if value is not None:
        del pending[name]
    return value


def _text(raw: str) -> str:
    return _as_text.decode(raw)


def _account(raw: str) -> str:
    """A number has lost its leading zeros."""
    return _number_text(raw).zfill(_ACCOUNT_DIGITS)


def _account_of(arn: str | None) -> str | None:
    parsed = parse_arn(arn or "")
    return parsed.account if parsed and len(parsed.account) == _ACCOUNT_DIGITS and parsed.account.isdigit() else None


def _number_text(raw: str) -> str:
    return _as_text.decode(raw) if raw.startswith('"') else str(int(raw))


def _time(raw: str) -> datetime | None:
    """ISO 8601 text, epoch seconds (the first AWS CLI), or the members of a time (recorded answers of boto3)."""
    value = _anything.decode(raw)
    if isinstance(value, str):
        return instant_or_none(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, tz=UTC)
    if isinstance(value, dict) and value.pop("__class__", None) == "datetime":
        return datetime(**value, tzinfo=UTC)
    return None


def _opened(raw: str) -> str:
    """Return JSON text that may stand in JSON text, even twice, as what it holds; other text stays text."""
    while raw.startswith('"'):
        inner = _as_text.decode(raw)
        if inner.strip()[:1] not in {"{", "[", '"'}:
            return raw
        try:
            _raw.decode(inner)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return raw
        raw = inner.strip()
    return raw


def _supplementary(raw: str) -> str | None:
    return _object_text({name: _opened(bytes(part).decode()) for name, part in _as_object.decode(_opened(raw)).items()})


def _tags(raw: str) -> str | None:
    """Return tags as an object; a selection gives a list of key, value and both in one text."""
    opened = _opened(raw)
    if opened.startswith("{"):
        return opened
    listed = _as_tags.decode(opened)
    if any(entry.keys() - {"key", "value", "tag"} or "key" not in entry for entry in listed):
        return opened
    return _object_text({str(entry["key"]): msgspec.json.encode(entry.get("value")).decode() for entry in listed})


def _relationships(raw: str) -> str:
    """Return the list with one spelling: a relationship's name is `name` in files, `relationshipName` in the API."""
    opened = _opened(raw)
    found = []
    for entry in _as_list.decode(opened):
        members = {name: bytes(part).decode() for name, part in _as_object.decode(entry).items()}
        if "name" in members and "relationshipName" not in members:
            members["relationshipName"] = members.pop("name")
        found.append(_object_text(members, is_sorted=False) or "{}")
    return "[" + ",".join(found) + "]"


def _object_text(members: Mapping[str, str], *, is_sorted: bool = True) -> str | None:
    if not members:
        return None
    pairs = sorted(members.items()) if is_sorted else members.items()
    return "{" + ",".join(f"{msgspec.json.encode(name).decode()}:{text}" for name, text in pairs) + "}"
