"""To which services resource control policies apply."""

from __future__ import annotations

from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def _services() -> frozenset[str]:
    return frozenset(row["prefix"] for row in rows("rcp_services"))


def takes_rcps(prefix: str) -> bool:
    """Return whether RCPs limit the actions of a service (domain.md §3.2); a list that grows."""
    return prefix.lower() in _services()
