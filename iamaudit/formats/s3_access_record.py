"""From the fields of an S3 server access log to a CloudTrail-shaped record (domain.md §7).

What the log cannot tell stays open: the account of the bucket, the role's path, MFA, and request headers, so that the
ACL or the tags of a `PUT` do not show.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from iamaudit.formats.query_secrets import mask_query
from iamaudit.formats.requester import identity_of
from iamaudit.knowledge.access_logs import ACCESS_LOG_CATEGORY, S3_ACCESS_LOG, s3_operation

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_REGION_OF_HOST = re.compile(r"s3[.-](?:dualstack\.|fips\.)?((?:[a-z]{2,4}-)+\d)\.amazonaws\.com")
_READS = ("Get", "List", "Head", "Select")
_PARAMETERS = ("prefix", "delimiter", "versionId", "uploadId", "partNumber", "list-type", "max-keys")
_ELSEWHERE = {"time", "bucket", "key", "remote_ip", "requester", "request_id", "operation", "user_agent"}


def s3_record(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the record of one request; None when it lacks what every request has."""
    at, operation, bucket = event_time(fields.get("time", "")), fields.get("operation"), fields.get("bucket")
    if at is None or not operation or not bucket:
        return None
    uri = fields.get("request_uri", "")
    logged = fields.get("key")
    key = None if logged is None else true_key(logged, uri, bucket)
    known = s3_operation(operation, has_key=key is not None)
    name = known.event_name if known is not None and known.event_name else operation
    access_point = fields.get("access_point_arn", "")
    # a policy names the access point, not the bucket behind it (domain.md §2.6)
    request = {"bucketName": access_point if access_point.startswith("arn:") else bucket, "key": key}
    request |= asked_for(uri)
    if uri == "" and "version_id" in fields:
        request["versionId"] = fields["version_id"]
    region = fields.get("source_region") or _region(fields.get("host_header", ""), access_point)
    record = {
        "eventTime": at,
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "eventType": S3_ACCESS_LOG,
        "eventCategory": ACCESS_LOG_CATEGORY,
        "eventID": event_id({**fields, "key": key or ""}),
        "awsRegion": region,
        "sourceIPAddress": fields.get("remote_ip"),
        "userAgent": fields.get("user_agent"),
        "requestID": fields.get("request_id"),
        "errorCode": error_of(fields.get("http_status", ""), fields.get("error_code")),
        "readOnly": name.startswith(_READS) if known is not None and known.event_name else None,
        "userIdentity": identity_of(fields.get("requester")),
        "requestParameters": {name: value for name, value in request.items() if value is not None},
        "resources": _resources(bucket, key, _partition(region)),
        "additionalEventData": _rest(fields, key),
    }
    return {name: value for name, value in record.items() if value is not None}


def event_time(text: str) -> str | None:
    """Return the ISO time of `06/Feb/2019:00:00:38 +0000`, or of a time that is ISO already."""
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            at = datetime.fromisoformat(text)
        else:
            day, month, year, hour, minute, second, zone = found.groups()
            number = _MONTHS.index(month) + 1
            at = datetime.fromisoformat(f"{year}-{number:02}-{day}T{hour}:{minute}:{second}{zone[:3]}:{zone[3:]}")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.isoformat().replace("+00:00", "Z")


def true_key(logged: str, request_uri: str, bucket: str) -> str:
    """Return the key as S3 knows it: the log encodes it once, in some cases twice; the request tells which.

    The request's own path, decoded, is the key; where the two do not agree, the log's is decoded once.
    """
    if "%" not in logged and "+" not in logged:
        return logged
    once = _decoded(logged, unquote)
    readings = (once, _decoded(once, unquote), _decoded(logged, unquote_plus), _decoded(once, unquote_plus), logged)
    path = request_uri.split(" ")[1] if request_uri.count(" ") else ""
    path = _decoded(path.partition("?")[0], unquote)
    asked = {path.removeprefix("/"), path.removeprefix(f"/{bucket}/")} - {""}
    return next((reading for reading in readings if reading in asked), once)


def _decoded(text: str, how: Any) -> str:
    try:
        return str(how(text, errors="strict"))
    except UnicodeDecodeError:
        return text  # not UTF-8: kept as it was logged


def asked_for(request_uri: str) -> dict[str, str]:
    """Return the parameters of a request that decide about permissions, from its query."""
    target = request_uri.split(" ")[1] if request_uri.count(" ") else ""
    asked = parse_qsl(target.partition("?")[2], keep_blank_values=False, errors="replace")
    return {name: value for name, value in asked if name in _PARAMETERS}


def event_id(fields: Mapping[str, str]) -> str:
    """Return an id that every delivery of the same line gets: they may come twice (domain.md §7)."""
    names: tuple[str, ...] = ("request_id", "operation", "key", "version_id")
    if "request_id" not in fields:
        names = tuple(sorted(fields))
    told = "\0".join(f"{name}={fields.get(name, '')}" for name in ("bucket", *names))
    return "s3log-" + hashlib.sha256(told.encode()).hexdigest()[:32]


def error_of(status: str, error: str | None) -> str | None:
    """Return the error code; the status stands in where the log names none and the request did not come through."""
    if status == "304":
        return None  # S3 decided, and answered that nothing changed
    if error is not None or status == "" or status.startswith("2"):
        return error
    return status


def _region(host: str, access_point: str) -> str | None:
    if access_point.startswith("arn:"):
        return access_point.split(":")[3] or None
    found = _REGION_OF_HOST.search(host)
    return found[1] if found else None


def _partition(region: str | None) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get((region or "").rpartition("-")[0].rpartition("-")[0], "aws")


def _resources(bucket: str, key: str | None, partition: str) -> list[dict[str, str]]:
    arn = f"arn:{partition}:s3:::{bucket}"
    found = [{"ARN": arn, "type": "AWS::S3::Bucket"}]
    return [{"ARN": f"{arn}/{key}", "type": "AWS::S3::Object"}, *found] if key is not None else found


def _rest(fields: Mapping[str, str], key: str | None) -> dict[str, str]:
    """Return the other fields under CloudTrail's manner of writing names, without the values of signed URLs."""
    rest = {_camel(name): mask_query(value) for name, value in fields.items() if name not in _ELSEWHERE}
    rest["operation"] = fields["operation"]
    rest["bucket"] = fields["bucket"]
    if fields.get("key") != key:
        rest["keyAsLogged"] = fields["key"]
    return rest


@lru_cache(maxsize=1024)
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
