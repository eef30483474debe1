"""Service last accessed: when a principal last tried each service that its policies allow."""

from __future__ import annotations

from typing import Any

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact
from iamaudit.collect.shape import account_of, instant, listing, text


def entities(body: dict[str, Any]) -> set[str]:
    """Return the ARNs that the answer itself names; a job for a group or a policy names several. Raises StateError."""
    found = {text(service, "LastAuthenticatedEntity") for service in listing(body, "ServicesLastAccessed")}
    return {arn for arn in found if arn}


def add_last_accessed(body: dict[str, Any], principal_arn: str, builder: CaptureBuilder) -> None:
    """Add one row per service (domain.md §6).

    No time means: not within AWS's tracking period of 400 days; attempts that were denied count as access. A job that
    is not completed brings no rows but a gap. Raises StateError.
    """
    status = text(body, "JobStatus")
    if status not in {None, "COMPLETED"}:
        builder.miss(
            f"service last accessed of `{principal_arn}`",
            f"the job is `{status}`: run `aws iam get-service-last-accessed-details` again when it is COMPLETED",
        )
        return
    for service in listing(body, "ServicesLastAccessed"):
        actions = service.get("TrackedActionsLastAccessed")
        builder.add(
            "service_last_accessed",
            account_id=account_of(principal_arn),
            principal_arn=principal_arn,
            service=text(service, "ServiceNamespace"),
            last_authenticated_at=instant(service.get("LastAuthenticated")),
            actions=None
            if actions is None
            else compact([_tracked(action) for action in listing(service, "TrackedActionsLastAccessed")]),
        )


def _tracked(action: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with its time in one spelling: the models read it. Raises StateError."""
    at = instant(action.get("LastAccessedTime"))
    return action if at is None else {**action, "LastAccessedTime": at.isoformat()}
