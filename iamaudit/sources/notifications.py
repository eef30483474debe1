"""Which objects a message speaks of: S3's own events, through SNS or EventBridge, CloudTrail's and Config's notices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

# what CloudTrail sends when a topic is attached to a trail
_CLOUDTRAIL_TEST: Final = "CloudTrail validation message."


class NotUnderstoodError(Exception):
    """A message of a kind that we do not know: it must stay in its queue."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One object that was delivered."""

    bucket: str
    key: str
    size: int = 0  # 0 when the message does not say
    etag: str = ""


def notices(body: str) -> tuple[Notice, ...]:
    """Return the objects that a message says were made; none for tests and for what was deleted.

    Raises `NotUnderstoodError` with the reason.
    """
    if body.strip() == _CLOUDTRAIL_TEST:
        return ()
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstoodError("it is not JSON") from error
    if not isinstance(message, dict):
        raise NotUnderstoodError("it is not a JSON object")
    try:
        return _of(message)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotUnderstoodError(f"it lacks what it should have: {error}") from error


def _of(message: dict[str, Any]) -> tuple[Notice, ...]:
    if message.get("Event") == "s3:TestEvent":
        return ()
    if message.get("Type") == "Notification" and isinstance(message.get("Message"), str):
        return notices(message["Message"])
    if isinstance(message.get("Records"), list):
        return tuple(found for record in message["Records"] for found in _of_record(record))
    if message.get("source") == "aws.s3" and "detail" in message:
        return _of_envelope(message)
    if "s3Bucket" in message and "s3ObjectKey" in message:
        keys = message["s3ObjectKey"]
        return tuple(Notice(_text(message["s3Bucket"]), _text(k)) for k in (keys if isinstance(keys, list) else [keys]))
    raise NotUnderstoodError(f"it has the fields {sorted(message)[:8]}")


def _of_record(record: dict[str, Any]) -> tuple[Notice, ...]:
    """Read one S3 event; its key is URL-encoded. SNS delivering to SQS through Lambda-like envelopes nests a `Sns`."""
    if "Sns" in record:
        return notices(record["Sns"]["Message"])
    if record["eventSource"] != "aws:s3":
        raise NotUnderstoodError(f"its source is `{record['eventSource']}`")
    if not record["eventName"].removeprefix("s3:").startswith(("ObjectCreated:", "ObjectRestore:Completed")):
        return ()
    thing = record["s3"]["object"]
    return (
        Notice(
            _text(record["s3"]["bucket"]["name"]),
            unquote_plus(thing["key"]),
            int(thing.get("size", 0)),
            thing.get("eTag", ""),
        ),
    )


def _of_envelope(message: dict[str, Any]) -> tuple[Notice, ...]:
    """Read an EventBridge event; its key is as it is."""
    if message["detail-type"] not in {"Object Created", "Object Restore Completed"}:
        return ()
    detail = message["detail"]
    thing = detail["object"]
    return (
        Notice(_text(detail["bucket"]["name"]), _text(thing["key"]), int(thing.get("size", 0)), thing.get("etag", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{value}` is not a name")
    return value
