"""Trails, whether they log, and which events they select: three answers of CloudTrail make one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamaudit.collect.capture import CaptureBuilder
from iamaudit.collect.documents import compact
from iamaudit.collect.shape import account_of, flag, instant, listing, text
from iamaudit.errors import StateError


def add_trails(
    trails: Iterable[dict[str, Any]],
    statuses: Mapping[str, dict[str, Any]],
    selectors: Mapping[str, dict[str, Any]],
    builder: CaptureBuilder,
) -> None:
    """Add one row per trail ARN; *statuses* and *selectors* are by trail ARN.

    `account_id` is the account that owns the trail: an organisation's trail is described in every member account, and
    a multi-region one in every region. What was not collected is null and a gap. A trail that cannot be read is a gap.
    """
    by_arn = {text(trail, "TrailARN") or "": trail for trail in trails}
    for arn, trail in sorted(by_arn.items()):
        try:
            _add_trail(arn, trail, statuses.get(arn), selectors.get(arn), builder)
        except StateError as error:
            builder.miss(f"trail `{arn}`", str(error))


def _add_trail(
    arn: str,
    trail: dict[str, Any],
    status: dict[str, Any] | None,
    selected: dict[str, Any] | None,
    builder: CaptureBuilder,
) -> None:
    if status is None:
        builder.miss_unless_said(
            status_of(arn),
            "whether and since when it logs is unknown; export it with "
            f"`aws cloudtrail get-trail-status --name {arn}` into a file with the trail's name in its name",
        )
    if selected is None:
        builder.miss_unless_said(
            selectors_of(arn),
            f"which events it logs is unknown; export them with `aws cloudtrail get-event-selectors --trail-name {arn}`",
        )
    builder.add(
        "trails",
        account_id=account_of(arn),
        trail_arn=arn,
        name=text(trail, "Name"),
        home_region=text(trail, "HomeRegion"),
        is_multi_region=flag(trail, "IsMultiRegionTrail"),
        is_organization=flag(trail, "IsOrganizationTrail"),
        is_logging=flag(status, "IsLogging") if status else None,
        started_at=instant(status.get("StartLoggingTime")) if status else None,
        validates_files=flag(trail, "LogFileValidationEnabled"),
        kms_key_id=text(trail, "KmsKeyId"),
        bucket=text(trail, "S3BucketName"),
        event_selectors=_json_list(selected, "EventSelectors"),
        advanced_event_selectors=_json_list(selected, "AdvancedEventSelectors"),
    )


def _json_list(selected: dict[str, Any] | None, member: str) -> str | None:
    """Return the list as JSON text, null when the answer has none: a trail has basic or advanced selectors."""
    return None if selected is None or selected.get(member) is None else compact(listing(selected, member))


def status_of(trail_arn: str) -> str:
    """Return the gap's name of a trail's status."""
    return f"status of trail `{trail_arn}`"


def selectors_of(trail_arn: str) -> str:
    """Return the gap's name of a trail's event selectors."""
    return f"event selectors of trail `{trail_arn}`"
