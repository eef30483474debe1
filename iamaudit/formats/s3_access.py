"""S3 server access logs: from a line, or the JSON that CloudWatch delivers, to its fields by name (domain.md §7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from iamaudit.formats.pieces import Broken, Found
from iamaudit.formats.query_secrets import mask_line
from iamaudit.formats.s3_access_record import s3_record

KIND = "s3_access"
LONGEST_LINE = 1 << 18  # S3's own limits (key 1 KB, headers 8 KB) keep a true line under 64 KB
NOT_A_LINE = "not_an_access_log_line"

FIRST = ("bucket_owner", "bucket", "time", "remote_ip", "requester", "request_id", "operation", "key")
MIDDLE = ("request_uri", "http_status", "error_code", "bytes_sent", "object_size", "total_time", "turn_around_time")
LAST = (
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
    "source_region",
)

_OPENING = re.compile(rb"\S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] ")
_NUMBER = r"(\d+|-)"
# the request may hold quotes of its own: it ends where a status and an error follow
_LEFT = re.compile(
    r"(\S+) (\S+) \[([^\]]*)\] (\S+) (\S+) (\S+) (\S+) (\S+) "
    rf'(?:"(.*?)"|-) (\d{{3}}|-) (\S+) {_NUMBER} {_NUMBER} {_NUMBER} {_NUMBER} '
)
_REST = re.compile(r"(?: \S+)+")

_JSON_NAMES = {
    "bucket_name": "bucket",
    "bucket_owner_id": "bucket_owner",
    "request_time": "time",
    "key_name": "key",
    "referrer": "referer",
}


def is_access_line(line: bytes) -> bool:
    """Whether a line begins as S3's server access log does."""
    return _OPENING.match(line) is not None


def is_access_object(names: Mapping[str, Any]) -> bool:
    """Whether a JSON object with these *names* is a request as CloudWatch delivers it."""
    return "operation" in names and "request_id" in names and ("bucket_name" in names or "bucket_arn" in names)


def access_record(line: bytes) -> bytes | Broken:
    """Return the CloudTrail-shaped record of one line."""
    fields = None if len(line) > LONGEST_LINE else fields_of(line)
    record = None if fields is None else s3_record(fields)
    return Broken(NOT_A_LINE, mask_line(line)) if record is None else msgspec.json.encode(record)


def fields_of(line: bytes) -> dict[str, str] | None:
    """Return the fields of a line by name, the empty ones (`-`) left out; None when it is not such a line."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None
    left = _LEFT.match(text)
    right = _right(text[left.end() :]) if left is not None else None
    if left is None or right is None:
        return None
    fields = dict(zip((*FIRST, *MIDDLE), left.groups(), strict=True))
    fields["referer"], fields["user_agent"], rest = right
    fields |= dict(zip(LAST, rest, strict=False))
    fields |= {f"field_{number}": value for number, value in enumerate(rest[len(LAST) :], 28)}
    return {name: value for name, value in fields.items() if value not in {None, "-", ""}}


def _right(text: str) -> tuple[str, str, list[str]] | None:
    """Return the referer, the user agent and the fields behind, found from the end: an agent may hold quotes and blanks.

    No pattern does this: one that looks for quotes between quotes takes hours for a line that is made of them.
    """
    quoted, quote, rest = text.rpartition('"')
    if not quote:
        if not text.startswith("- - "):
            return None
        referer, agent, rest = "-", "-", text[3:]
    elif quoted.startswith('- "'):
        referer, agent = "-", quoted[3:]
    else:
        referer, between, agent = quoted[1:].partition('" "')
        if not between:
            if not rest.startswith(" - "):
                return None
            agent, rest = "-", rest[2:]
        if not quoted.startswith('"'):
            return None
    return (referer, agent, rest.split()) if _REST.fullmatch(rest) else None


def access_object(data: bytes) -> Found:
    """Return what a request as JSON, from CloudWatch Logs, stands for."""
    try:
        loose = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return KIND, Broken("not_json", mask_line(data))
    fields = {
        _JSON_NAMES.get(name, name): value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in loose.items()
        if value is not None and value not in ("-", "")
    }
    fields.setdefault("bucket", fields.get("bucket_arn", "").rpartition(":")[2])
    record = s3_record(fields)
    return KIND, Broken(NOT_A_LINE, mask_line(data)) if record is None else msgspec.json.encode(record)


def access_lines(text: bytes) -> Iterator[Found]:
    """Yield what the lines of a log object stand for, blank lines left out."""
    for line in text.splitlines():
        if line.strip():
            yield KIND, access_record(line.rstrip())
