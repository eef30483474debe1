"""A bucket's ARN is for actions on buckets, a key's for actions on objects: the other one does nothing in a statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from iamaudit.knowledge.actions import catalogue

_ACTIONS_TO_REMEMBER = 4096


def fitting(action: str, patterns: Sequence[str]) -> tuple[str, ...]:
    """Return those of a statement's *patterns* that can match a resource of *action*; all of them where it is not sure.

    Only S3's global ARNs are judged (`arn:aws:s3:::bucket/key`, domain.md §2.6): a pattern that has its `/` before any
    wildcard matches no bucket, one without `/` and wildcard no object.
    """
    if not action.lower().startswith("s3:"):
        return tuple(patterns)
    on_buckets, on_objects = _kinds(action)
    if on_buckets == on_objects:
        return tuple(patterns)
    return tuple(one for one in patterns if (_may_be_bucket(one) if on_buckets else _may_be_object(one)))


@lru_cache(maxsize=_ACTIONS_TO_REMEMBER)
def _kinds(action: str) -> tuple[bool, bool]:
    """Return whether the action is on buckets, and whether on objects; access points have ARNs of another form."""
    types = catalogue().resource_types(action)
    templates = [template for one in types for template in one.arn_templates if ":s3:::" in template]
    return any("/" not in one for one in templates), any("/" in one for one in templates)


def _may_be_bucket(pattern: str) -> bool:
    name = _bucket_and_key(pattern)
    return name is None or "/" not in name[: _open_from(name)]


def _may_be_object(pattern: str) -> bool:
    name = _bucket_and_key(pattern)
    return name is None or "/" in name or _open_from(name) < len(name)


def _bucket_and_key(pattern: str) -> str | None:
    """Return what follows `arn:aws:s3:::`, or None for anything else."""
    parts = pattern.split(":", 5)
    return parts[5] if len(parts) == 6 and parts[2:5] == ["s3", "", ""] else None


def _open_from(name: str) -> int:
    return min((at for at in map(name.find, "*?$") if at >= 0), default=len(name))
