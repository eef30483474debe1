"""CloudWatch Logs and the streams behind it: the messages of an envelope, and the payload a stream carries (domain.md §1.9)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.gunzip import gunzip
from iamaudit.formats.pieces import Broken, Ignored

Raw = msgspec.Raw
CARRIED_LIMIT = 1 << 26  # bytes that one payload may unzip to; CloudWatch sends some megabytes at most
OBJECT_LIMIT = 1 << 30  # and all payloads of one object together

_EXPORTED = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ")
_WRITE_TESTS = (b"aws-logs-write-test", b"Permission Check Successful")
_FIREHOSE = frozenset({"data", "recordId", "approximateArrivalTimestamp", "kinesisRecordMetadata"})


class _Data(msgspec.Struct):
    data: str


class _Message(msgspec.Struct):
    message: str


_as_text = msgspec.json.Decoder(str)
_as_list = msgspec.json.Decoder(list[Raw])
_as_data = msgspec.json.Decoder(_Data)
_as_message = msgspec.json.Decoder(_Message)


class Opener:
    """Opens payloads of one object, until together they are larger than any true object."""

    def __init__(self, limit: int = OBJECT_LIMIT) -> None:
        self._left = limit

    def opened(self, payload: str) -> bytes:
        """Return what base64 text carries, unzipped; raise `UnreadableObjectError` when it is damaged or too large."""
        try:
            data = base64.b64decode(payload, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnreadableObjectError(f"the payload is not base64: {error}") from error
        found = gunzip(data, limit=min(CARRIED_LIMIT, self._left))
        self._left -= len(found)
        return found


def payload_of(fields: Mapping[str, Raw]) -> str | None:
    """Return the base64 text that a record of Kinesis, Firehose or a Lambda event carries; None for anything else."""
    if "eventTime" in fields:
        return None  # a record of CloudTrail, whatever else it holds
    try:
        for name in ("awslogs", "kinesis"):
            if name in fields:
                return _as_data.decode(fields[name]).data
        if "data" in fields and fields.keys() <= _FIREHOSE:
            return _as_text.decode(fields["data"])
        if "Data" in fields and fields.keys() & {"SequenceNumber", "PartitionKey"}:
            return _as_text.decode(fields["Data"])
    except (msgspec.DecodeError, UnicodeError):
        return None
    return None


def is_subscription(fields: Mapping[str, Raw]) -> bool:
    """Whether an object is what CloudWatch Logs sends to a subscriber."""
    return "messageType" in fields and "logEvents" in fields


def messages_of(fields: Mapping[str, Raw], whole: bytes) -> list[bytes | Broken | Ignored]:
    """Return the messages of a subscription's envelope, each as the text that was logged."""
    try:
        events = _as_list.decode(fields["logEvents"])
    except msgspec.DecodeError:
        return [Broken("not_a_cloudtrail_record", whole)]
    if bytes(fields["messageType"]) == b'"CONTROL_MESSAGE"':
        return [Ignored("control_message", max(1, len(events)))]
    found: list[bytes | Broken | Ignored] = []
    for event in events:
        try:
            found.append(_as_message.decode(event).message.strip().encode())
        except (msgspec.DecodeError, UnicodeError):
            found.append(Broken("not_an_object", bytes(event)))
    return found


def is_exported(line: bytes) -> bool:
    """Whether a line is one of an export to S3: a time, a blank, the message."""
    return _EXPORTED.match(line) is not None


def exported_message(line: bytes) -> bytes:
    """Return the message of an export's line, and any other line as it is."""
    found = _EXPORTED.match(line)
    return line if found is None else line[found.end() :].strip()


def is_write_test(line: bytes) -> bool:
    """Whether a line is the mark that CloudWatch Logs leaves to see whether it may write to a bucket."""
    return line.startswith(_WRITE_TESTS)
