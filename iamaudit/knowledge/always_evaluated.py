"""Which resource types a service evaluates for an action although the request may not name one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamaudit.knowledge.tables import rows

_NONE: frozenset[str] = frozenset()


@cache
def _types() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in rows("always_evaluated"):
        action = f"{row['prefix']}:{row['action']}".lower()
        found[action] = found.get(action, _NONE) | {row["resource_type"]}
    return found


def always_evaluated(action: str) -> frozenset[str]:
    """Return the resource types that *action* is always checked on, as the default of an account is (always_evaluated.csv)."""
    return _types().get(action.lower(), _NONE)
