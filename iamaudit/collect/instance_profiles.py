"""The instance profiles of a role: who hands a profile to EC2 hands over the role in it (domain.md §2.5)."""

from __future__ import annotations

from typing import Any

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.shape import listing, text
from iamaudit.errors import StateError


def add_profiles(account_id: str, role: dict[str, Any], builder: CaptureBuilder) -> None:
    """Add one row per profile of *role*, an entry of `RoleDetailList`. Raises StateError."""
    for profile in listing(role, "InstanceProfileList"):
        arn = text(profile, "Arn")
        if arn is None:
            raise StateError("an instance profile has no `Arn`: export the authorization details again")
        builder.add(
            "instance_profiles",
            account_id=account_id,
            arn=arn,
            name=text(profile, "InstanceProfileName") or arn.rpartition("/")[2],
            path=text(profile, "Path") or "/",
            role_arns=[role["Arn"]],
        )
