"""Services that no SCP of ours denies, whatever the logs say: to sign in, to see what happened, to undo a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def spared_services() -> Mapping[str, str]:
    """Return service prefix -> why it is never denied."""
    return {row["service"]: row["reason"] for row in rows("spared_services")}
