"""The types of data events that a trail's selectors name, and what else a selector of a type logs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def logged_with() -> Mapping[str, str]:
    """Return type -> the type whose events a selector of it logs too (CloudTrail user guide, Logging data events)."""
    return {row["resource_type"]: row["also_logs"] for row in rows("data_event_types") if row["also_logs"]}
