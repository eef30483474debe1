"""Things whose ids say nothing about the next use: a policy that names one has refused the next already."""

from __future__ import annotations

from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def _kinds() -> frozenset[tuple[str, str]]:
    return frozenset((f"{row['prefix']}:{row['action']}".lower(), row["resource_type"]) for row in rows("one_off"))


@cache
def one_off_types(action: str) -> frozenset[str]:
    """Return the resource types of *action* of which each thing is used once, or by itself only."""
    names = {action.lower(), f"{action.partition(':')[0].lower()}:*"}
    return frozenset(kind for name, kind in _kinds() if name in names)
