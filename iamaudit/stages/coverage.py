"""What the lake can speak for, as tables: what is known to be lost, and what the trails are set to log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from iamaudit.coverage.account import began_rows, coverage_rows, trail_histories
from iamaudit.coverage.history import TrailHistory
from iamaudit.coverage.selectors import ALL
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
        (
            "scopes",
            pa.list_(pa.string()),
        ),  # ARNs of which all is logged, where a part is; `*` at the end: what begins so
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
_CATEGORIES = "select distinct category from actions where category is not null"
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
    asked = [row["category"] for row in engine.query(_CATEGORIES).to_pylist()]
    together = [category for category in asked if category.startswith(ALL)]
    parts = {part for category in asked for part in category.removeprefix(ALL).split("+")}
    rows = coverage_rows(
        _accounts(engine) | seen.keys(),
        _histories(engine),
        _members(engine),
        {account: frozenset(categories) for account, categories in seen.items()},
        {part.removeprefix("data:") for part in parts if part.startswith("data:")},
        together,
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


@dataclass(frozen=True, slots=True)
class RegionLine:
    """One region of one account over the window, a letter per day: `c` covered, `g` a gap, `q` quiet."""

    account_id: str
    region: str
    days: str
    reason: str  # of the first gap, with its day; empty when there is none

    @property
    def covered(self) -> int:
        """How many days are covered."""
        return self.days.count("c")


def region_lines(engine: Engine) -> list[RegionLine]:
    """Return every region that the lake has anything of, by account; those with gaps first, then the busiest."""
    rows = engine.query(
        """
        select
            account_id,
            region,
            string_agg(substr(status, 1, 1), '' order by dt) as days,
            min(dt || ': ' || reason) filter (where status = 'gap') as reason
        from region_days
        group by account_id, region
        order by account_id, count(*) filter (where status = 'gap') = 0, count(*) filter (where status = 'quiet'), region
        """
    ).to_pylist()
    return [RegionLine(row["account_id"], row["region"], row["days"], row["reason"] or "") for row in rows]


def category_runs(engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield `coverage_days` with the days of one answer that follow one another drawn together."""
    rows = engine.query(
        """
        with numbered as (
            select
                *,
                dt::date - row_number() over (
                    partition by account_id, region, category, status, source, reason order by dt
                )::integer as island
            from coverage_days
        )

        select
            account_id,
            region,
            category,
            status,
            source,
            reason,
            min(dt) as first_day,
            max(dt) as last_day,
            count(*) as days,
            any_value(known_since) as trails_known_since
        from numbered
        group by account_id, region, category, status, source, reason, island
        order by account_id, region, category, first_day
        """
    )
    for batch in rows.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()
