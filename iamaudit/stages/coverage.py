"""What the lake can speak for, as tables: what is known to be lost, and what the trails are set to log."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from iamaudit.coverage.account import began_rows, coverage_rows, trail_histories
from iamaudit.coverage.history import TrailHistory
from iamaudit.coverage.spoiled import spoiled_days
from iamaudit.engine.duck import Engine
from iamaudit.knowledge.regions import global_regions
from iamaudit.lake.lake import Lake

CATEGORIES_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("category", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("excluded_sources", pa.list_(pa.string())),
        ("regions", pa.list_(pa.string())),  # that alone are logged; empty: all
        ("known_since", pa.string()),  # the day of the first capture of the trails that counts
    ]
)
LOSSES_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("region", pa.string()),  # null: every region
        ("dt", pa.string()),
        ("reason", pa.string()),
    ]
)
GLOBAL_REGIONS_SCHEMA = pa.schema([("region_prefix", pa.string()), ("global_region", pa.string())])


def losses_table(engine: Engine, lake: Lake) -> pa.Table:
    """Return the days of which the lake knows that something is lost: unreadable, or before a trail began."""
    why = "a log object could not be read"
    rows = [
        {"account_id": account, "region": region, "dt": day, "reason": why}
        for account, region, day in sorted(spoiled_days(lake.ledger().troubled()))
    ]
    rows += began_rows(_accounts(engine), _histories(engine), _members(engine))
    return pa.Table.from_pylist(rows, schema=LOSSES_SCHEMA)


def global_regions_table() -> pa.Table:
    """Return where calls of global services are recorded, by how the regions of a partition begin."""
    columns = zip(*global_regions(), strict=True)
    return pa.table([pa.array(list(column), pa.string()) for column in columns], schema=GLOBAL_REGIONS_SCHEMA)


def categories_table(engine: Engine) -> pa.Table:
    """Return which event categories are logged, per account."""
    seen: dict[str, set[str]] = {}
    for row in engine.query("select distinct account_id, category from coverage").to_pylist():
        seen.setdefault(row["account_id"], set()).add(row["category"])
    kinds = engine.query("select distinct category from actions where observed = 'data'").to_pylist()
    rows = coverage_rows(
        _accounts(engine) | seen.keys(),
        _histories(engine),
        _members(engine),
        {account: frozenset(categories) for account, categories in seen.items()},
        [row["category"].removeprefix("data:") for row in kinds],
    )
    return pa.Table.from_pylist(rows, schema=CATEGORIES_SCHEMA)


def _accounts(engine: Engine) -> set[str]:
    rows = engine.query("select account_id from stg_principals union select account_id from coverage").to_pylist()
    return {row["account_id"] for row in rows}


def _members(engine: Engine) -> list[str]:
    return [row["account_id"] for row in engine.table("stg_accounts").to_pylist()]


def _histories(engine: Engine) -> list[TrailHistory]:
    current = engine.table("stg_trails")["trail_arn"].to_pylist()
    since = date.fromisoformat(str(engine.parameters["window_start"]))
    return trail_histories(engine.table("trails").to_pylist(), current, since)
