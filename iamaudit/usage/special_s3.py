"""Buckets and objects: keys are literal, copies have two resources, access points their own ARNs (domain.md §2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from iamaudit.knowledge.events import fold
from iamaudit.usage.answer import Answer, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters, entries_in, objects_in
from iamaudit.usage.templates import plans_of

_VERSIONED = {"versioned": True, "unversioned": False}
_GLOBAL_S3 = "arn:{}:s3:::{}"
_HOST = re.compile(
    r"([a-z0-9-]+)-(\d{12})\.s3-accesspoint(?:-fips)?(?:\.dualstack)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)
_ON_OBJECTS = frozenset({"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:BypassGovernanceRetention"})


def s3(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the bucket or the objects that an S3 action is about."""
    if role == "source":
        return _s3_source(call, parameters)
    if role.startswith("s3uri:"):
        return _at_uri(call, parameters.every(fold(role.removeprefix("s3uri:")), all_depths=True))
    if role.startswith("s3object:"):
        return _at_uri(call, tuple(_named_objects(parameters, fold(role.removeprefix("s3object:")))))
    bucket = parameters.first("bucketname") or parameters.first("bucket") or ""
    is_object = ("Object" in action and "Bucket" not in action) or action in _ON_OBJECTS
    bucket = _access_point(action, call, parameters, listed) or bucket
    if not is_object:
        if bucket.startswith("arn:"):
            return sure(bucket)
        return None
    keys = _keys(parameters, role)
    if bucket.startswith("arn:"):
        return sure(*(f"{bucket}/object/{key}" for key in keys or ("*",)))
    if bucket and keys:
        return sure(*(_GLOBAL_S3.format(call.partition, f"{bucket}/{key}") for key in keys))
    named = tuple(arn for arn in listed if "/" in arn.rpartition(":::")[2] or "/object/" in arn)
    if named:
        return sure(*named)
    if bucket:
        # a batch without its keys in the record: all that is known is the bucket
        return (_GLOBAL_S3.format(call.partition, f"{bucket}/*"),), "low", {}
    return None


def _at_uri(call: Call, uris: tuple[str, ...]) -> Answer | None:
    """Return the objects that a call of another service reads, named as `s3://BUCKET/KEY`."""
    found = [uri.removeprefix("s3://") for uri in uris if uri.startswith("s3://") and "/" in uri[5:]]
    return sure(*(_GLOBAL_S3.format(call.partition, place) for place in found)) if found else None


def _named_objects(parameters: Parameters, name: str) -> Iterator[str]:
    """Yield as URIs the objects that stand as {bucket, name} under a folded *name*, inside documents too."""
    for key, value in entries_in(parameters.raw):
        if key == name and isinstance(value, Mapping):
            parts = {fold(str(part)): text for part, text in value.items() if isinstance(text, str)}
            if parts.get("bucket") and parts.get("name"):
                yield f"s3://{parts['bucket']}/{parts['name']}"


def _access_point(action: str, call: Call, parameters: Parameters, listed: tuple[str, ...]) -> str:
    """Return the access point through which a call came: its ARN is evaluated in place of the bucket's."""
    if not any("accesspoint" in plan.resource_type for plan in plans_of(action)):
        return ""
    listed_points = [arn for arn in listed if ":accesspoint/" in arn and "/object/" not in arn]
    if listed_points:
        return listed_points[0]
    host = parameters.first("host") or ""
    found = _HOST.fullmatch(host) if ".s3-accesspoint" in host else None
    return f"arn:{call.partition}:s3:{found[3]}:{found[2]}:accesspoint/{found[1]}" if found else ""


def _keys(parameters: Parameters, role: str) -> tuple[str, ...]:
    top = parameters.top.get("key")
    if top:
        return (top,)
    if role in _VERSIONED:
        # a batch may delete one object's version and another's newest
        batch = [one for name in ("object", "objects") for one in objects_in(parameters.raw, name)]
        keys = (one.get("key") for one in batch if ("versionid" in one) is _VERSIONED[role])
        return tuple(dict.fromkeys(key for key in keys if isinstance(key, str)))
    return parameters.every("key") or parameters.every("objectkey")


def _s3_source(call: Call, parameters: Parameters) -> Answer | None:
    source = parameters.first("xamzcopysource") or parameters.first("copysource")
    if not source:
        return ("*",), "low", {}
    path = unquote(source.partition("?")[0]).lstrip("/")
    if path.startswith("arn:"):
        return sure(path)
    return sure(_GLOBAL_S3.format(call.partition, path))
