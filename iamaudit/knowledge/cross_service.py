"""Permission-only actions that the calls of other services or other actions need (domain.md §2.2, §2.5)."""

from __future__ import annotations

from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def cross_service_actions() -> frozenset[str]:
    """Return the closed list, in AWS's spelling: a principal may need them although it never used their service."""
    return frozenset(row["action"] for row in rows("cross_service_actions"))
