"""Actions with which somebody can get more than was given: the keys of privilege escalation (domain.md §9)."""

from __future__ import annotations

from functools import cache

from iamaudit.knowledge.tables import rows


@cache
def escalation_actions() -> tuple[str, ...]:
    """Return the actions, those that reach furthest first. Most need a second one, or a fitting resource: they are where to look, no proof."""
    return tuple(row["action"] for row in rows("privilege_escalation"))
