"""Buckets and objects: keys are literal, copies have two resources, access points their own ARNs (domain.md §2.3)."""

from __future__ import annotations

from urllib.parse import unquote

from iamaudit.usage.answer import Answer, sure
from iamaudit.usage.call import Call
from iamaudit.usage.parameters import Parameters

_GLOBAL_S3 = "arn:{}:s3:::{}"
_ON_OBJECTS = frozenset({"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:BypassGovernanceRetention"})


def s3(action: str, call: Call, parameters: Parameters, role: str, listed: tuple[str, ...]) -> Answer | None:
    """Return the bucket or the objects that an S3 action is about."""
    if role == "source":
        return _s3_source(call, parameters)
    bucket = parameters.first("bucketname") or parameters.first("bucket") or ""
    is_object = ("Object" in action and "Bucket" not in action) or action in _ON_OBJECTS
    if not is_object:
        if bucket.startswith("arn:"):
            return sure(bucket)
        return None
    keys = _keys(parameters)
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


def _keys(parameters: Parameters) -> tuple[str, ...]:
    top = parameters.top.get("key")
    if top:
        return (top,)
    return parameters.every("key") or parameters.every("objectkey")


def _s3_source(call: Call, parameters: Parameters) -> Answer | None:
    source = parameters.first("xamzcopysource") or parameters.first("copysource")
    if not source:
        return ("*",), "low", {}
    path = unquote(source.partition("?")[0]).lstrip("/")
    if path.startswith("arn:"):
        return sure(path)
    return sure(_GLOBAL_S3.format(call.partition, path))
