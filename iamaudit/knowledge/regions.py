"""In which regions the calls of a service are recorded: where they are made, or in the partition's global region."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamaudit.knowledge.tables import rows

REGIONAL = "regional"


@cache
def _services() -> Mapping[str, str]:
    return {row["prefix"]: row["recorded"] for row in rows("global_services")}


def recorded(prefix: str) -> str:
    """Return where calls of a service are recorded: `regional`, `global`, or `both` when it has both endpoints.

    A service that no row names counts as regional: then the logs of every region are asked for.
    """
    return _services().get(prefix.lower(), REGIONAL)


def global_regions() -> tuple[tuple[str, str], ...]:
    """Return (how regions of a partition begin, its global region); the empty beginning is the partition `aws`."""
    return tuple((row["region_prefix"], row["global_region"]) for row in rows("global_regions"))
