"""Reading members of answers whose spelling and shape vary, without trusting them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from iamaudit.errors import StateError
from iamaudit.model.arn import parse_arn

# IAM and Config print the same members in UpperCamel and lowerCamel (domain.md §5).
_MEMBERS: Final = (
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
    "IsTruncated",
    "Marker",
    "NextToken",
    "Path",
    "UserName",
    "UserId",
    "GroupName",
    "GroupId",
    "RoleName",
    "RoleId",
    "Arn",
    "CreateDate",
    "UpdateDate",
    "UserPolicyList",
    "GroupPolicyList",
    "RolePolicyList",
    "GroupList",
    "AttachedManagedPolicies",
    "PermissionsBoundary",
    "PermissionsBoundaryType",
    "PermissionsBoundaryArn",
    "Tags",
    "Key",
    "Value",
    "AssumeRolePolicyDocument",
    "PolicyDocument",
    "Document",
    "InstanceProfileList",
    "InstanceProfileName",
    "InstanceProfileId",
    "Roles",
    "RoleLastUsed",
    "LastUsedDate",
    "Region",
    "PolicyName",
    "PolicyArn",
    "PolicyId",
    "DefaultVersionId",
    "PolicyVersionList",
    "VersionId",
    "IsDefaultVersion",
)
_SPELLING: Final[Mapping[str, str]] = {name.lower(): name for name in _MEMBERS}


def spelled(value: Any) -> Any:
    """Return *value* with IAM's own spelling of every member; policy documents are left as they are."""
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        name = _SPELLING.get(key.lower(), key)
        result[name] = item if name.endswith("Document") else spelled(item)
    return result


def listing(body: Mapping[str, Any], member: str) -> list[dict[str, Any]]:
    """Return a list of objects, empty when the member is absent or null. Raises StateError for anything else."""
    value = body.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise StateError(f"`{member}` is not a list of objects: export it again with `--output json`")
    return value


def names(body: Mapping[str, Any], member: str) -> list[str]:
    """Return a list of strings, empty when the member is absent or null. Raises StateError for anything else."""
    value = body.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise StateError(f"`{member}` is not a list of names: export it again with `--output json`")
    return value


def mapping(body: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Return an object, empty when the member is absent or null. Raises StateError for anything else."""
    value = body.get(member)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise StateError(f"`{member}` is not an object: export it again with `--output json`")
    return value


def text(body: Mapping[str, Any], member: str) -> str | None:
    """Return a string member, or None when it is absent. Raises StateError for anything else."""
    value = body.get(member)
    if value is not None and not isinstance(value, str):
        raise StateError(f"`{member}` is not text: export it again with `--output json`")
    return value


def flag(body: Mapping[str, Any], member: str) -> bool | None:
    """Return a boolean member, or None when it is absent. Raises StateError for anything else."""
    value = body.get(member)
    if value is not None and not isinstance(value, bool):
        raise StateError(f"`{member}` is not true or false: export it again with `--output json`")
    return value


def instant(value: object) -> datetime | None:
    """Return the UTC time of ISO 8601 text (with `Z`, an offset, a blank instead of `T`) or of epoch seconds.

    AWS CLI version 1 prints CloudTrail's times as epoch seconds. None stays None. Raises StateError for anything else.
    """
    if value is None:
        return None
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise StateError(f"`{value}` is not a time: {error}; export it again") from error
    raise StateError(f"`{value}` is not a time: export it again with `--output json`")


def account_of(arn: str | None) -> str | None:
    """Return the 12-digit account of an ARN, or None (an AWS-managed policy has `aws` there)."""
    parsed = parse_arn(arn or "")
    return parsed.account if parsed and len(parsed.account) == 12 and parsed.account.isdigit() else None
