"""What an operation of an S3 server access log is called in CloudTrail (domain.md §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from iamaudit.knowledge.tables import rows

S3_ACCESS_LOG = "S3ServerAccessLog"  # event types of our own, for records that CloudTrail did not write
CLOUDFRONT_LOG = "CloudFrontAccessLog"
ACCESS_LOG_CATEGORY = "AccessLog"  # the event category of both: no trail logs it


@dataclass(frozen=True, slots=True)
class Operation:
    """What a line of the log stands for: an event of CloudTrail, or the reason why it takes no permission."""

    event_name: str
    reason: str = ""


@cache
def _operations() -> Mapping[tuple[str, str], Operation]:
    return {
        (row["operation"], row["with_key"]): Operation(row["event_name"], row["reason"])
        for row in rows("s3_access_operations")
    }


def s3_operation(operation: str, *, has_key: bool = False) -> Operation | None:
    """Return what an *operation* stands for, on an object or on a bucket; None when no row knows it."""
    known = _operations()
    return (
        known.get((operation, ""))
        or known.get((operation, "yes" if has_key else "no"))
        or known.get((operation.partition(".")[0] + ".*", ""))
    )
