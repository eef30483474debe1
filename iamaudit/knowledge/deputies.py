"""Which services assume a role without telling for whom they act."""

from __future__ import annotations

from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def _silent() -> frozenset[str]:
    return frozenset(row["service"] for row in rows("services_without_source"))


def tells_source(service: str) -> bool:
    """Return whether *service* may send `aws:SourceArn` or `aws:SourceAccount` when it assumes a role; true if unknown."""
    return service.lower() not in _silent()
