"""grants: what each principal may do, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator

from iamaudit.engine.duck import Engine
from iamaudit.stages.workbench import json_row

COLUMNS = (
    "account_id",
    "principal",
    "action",
    "state",
    "reason",
    "granted_by",
    "count",
    "first_seen",
    "last_seen",
)


def grant_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield the `grants` lines of design.md §4, sorted by account, principal and action."""
    table = engine.table("grant_states").select(list(COLUMNS))
    table = table.sort_by([("account_id", "ascending"), ("principal", "ascending"), ("action", "ascending")])
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield json_row(row)


def usage_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield the `usage` lines of design.md §4: the roll-up of the window, added up over its days."""
    yield from _rows(engine, "usage_actions")


def actor_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield who inside each principal used what in the window: the rows of `usage_actors`."""
    yield from _rows(engine, "usage_actors")


def _rows(engine: Engine, model: str) -> Iterator[dict[str, object]]:
    table = engine.table(model)
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield json_row(row)
