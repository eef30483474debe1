"""grants: what each principal may do, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.stages.few_at_a_time import answers, everybody
from iamaudit.stages.instants import json_row

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


_STATES = (
    f"select {', '.join(COLUMNS)} from grant_states where list_contains($principals, principal)"  # noqa: S608  # ours
    " order by account_id, principal, action"
)


def grant_rows(engine: Engine, principal: str | None = None) -> Iterator[dict[str, object]]:
    """Yield the `grants` lines of design.md §4, sorted by account, principal and action; of one *principal* if given."""
    asked = [one for one in everybody(engine) if principal in {None, one}]
    for answer in answers(engine, "grant_states", _STATES, asked):
        yield from _lines(answer)


def grants_table(engine: Engine) -> pa.Table:
    """Return all rows of `grant_states`, sorted by account, principal and action."""
    sql = "from grant_states where list_contains($principals, principal) order by account_id, principal, action"
    return pa.concat_tables(answers(engine, "grant_states", sql, everybody(engine) or [""]))


def usage_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield the `usage` lines of design.md §4: the roll-up of the window, added up over its days."""
    yield from _rows(engine, "usage_actions")


def actor_rows(engine: Engine) -> Iterator[dict[str, object]]:
    """Yield who inside each principal used what in the window: the rows of `usage_actors`."""
    yield from _rows(engine, "usage_actors")


def _rows(engine: Engine, model: str) -> Iterator[dict[str, object]]:
    yield from _lines(engine.table(model))


def _lines(table: pa.Table) -> Iterator[dict[str, object]]:
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield json_row(row)
