"""How many siblings of a service a policy lists one by one, and what may come with them when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from iamaudit.knowledge.tables import rows


@dataclass(frozen=True, slots=True)
class Care:
    """More than `threshold` siblings become one pattern; None: they never do.

    The pattern may cover known resources beyond the used ones, up to `tolerance` times as many as were used.
    """

    threshold: int | None
    tolerance: float


@cache
def _cares() -> Mapping[str, Care]:
    return {
        row["prefix"]: Care(int(row["threshold"]) if row["threshold"] else None, float(row["tolerance"] or 0))
        for row in rows("generalise")
    }


def care_of(prefix: str) -> Care:
    """Return what holds for a service's prefix, or for every other one."""
    return _cares().get(prefix.lower(), _cares()[""])
