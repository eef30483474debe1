"""usage: events to the daily roll-up of who used which action on which resource."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.engine.models import load_models
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import Part, UsageManifest, to_bytes
from iamaudit.lake.parts import PartWriter
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS
from iamaudit.ports import Progress
from iamaudit.usage.shapes import MAPPED_SCHEMA, SHAPE_COLUMNS, ShapeMapper

DAYS_AT_ONCE = 100  # small ones: starting the engine costs more than they do
ROWS_AT_ONCE = 200_000  # events; what is read of one is about two kilobytes in memory
SHAPES_AT_ONCE = 200_000  # distinct ones, that Python sees
ROLLUPS = {"usage": "usage_rollup", "credential_use": "usage_credentials", "coverage": "usage_coverage"}


def update_usage(lake: Lake, *, progress: Progress | None = None) -> list[str]:
    """Make the roll-ups of every event day that has new events, or was made with older knowledge; return the days.

    Each day is committed by its own manifest, which names the event parts it was made from: a crash between two days
    leaves the first done and the second to do.
    """
    version = mapping_version()
    days = lake.days()
    done = {manifest.dt: manifest for manifest in lake.usage_manifests()}
    stale = [
        day
        for day in days
        if day not in done or done[day].mapping_version != version or done[day].inputs != days[day].inputs
    ]
    finished = 0
    mapper = ShapeMapper()
    for group in _groups(stale, {day: sum(part.rows for part in days[day].parts) for day in stale}):
        rollups = roll_up(lake, [part for day in group for part in days[day].parts], mapper)
        for day in group:
            with PartWriter(lake) as writer:
                for table, found in rollups.items():
                    rows = _of_day(found, day)
                    if rows.num_rows:
                        writer.add(table, rows, folder=f"{table}/dt={day}", dt=day)
            manifest = UsageManifest(day, days[day].inputs, version, tuple(writer.parts))
            lake.store.write(f"manifests/usage/dt={day}.json", to_bytes(manifest))
        finished += len(group)
        if progress is not None:
            progress(finished, len(stale), "days of usage")
    return stale


def _groups(days: list[str], rows: Mapping[str, int]) -> Iterator[list[str]]:
    """Cut the days into groups that are rolled up at once: as many as fit the memory, at least one."""
    group: list[str] = []
    size = 0
    for day in days:
        if group and (size + rows[day] > ROWS_AT_ONCE or len(group) == DAYS_AT_ONCE):
            yield group
            group, size = [], 0
        group.append(day)
        size += rows[day]
    if group:
        yield group


def _of_day(rows: pa.Table, day: str) -> pa.Table:
    return rows.filter(pc.equal(rows["dt"], day))


def roll_up(lake: Lake, parts: list[Part], mapper: ShapeMapper) -> dict[str, pa.Table]:
    """Return the roll-ups of the days in *parts*: SQL finds the distinct shapes, Python maps each once."""
    events = ParquetFiles(lake.locations(parts), EVENTS_SCHEMA)
    with Engine({"deliveries": lambda: events}, {}) as engine:
        engine.provide("mapped_shapes", mapped_shapes(engine, mapper))
        return {
            table: engine.table(model).select(ROLLUP_SCHEMAS[table].names).cast(ROLLUP_SCHEMAS[table])
            for table, model in ROLLUPS.items()
        }


def mapped_shapes(engine: Engine, mapper: ShapeMapper) -> pa.Table:
    """Return the uses of the shapes that are calls; the wide columns of a page are forgotten before the next."""
    last = engine.query("select coalesce(max(shape), 0) as last from usage_day_shapes").column("last")[0].as_py()
    columns = ", ".join(SHAPE_COLUMNS)  # names of ours
    page = f"select {columns} from usage_day_shapes where is_call and shape between $first and $last"  # noqa: S608
    return pa.concat_tables(
        [MAPPED_SCHEMA.empty_table()]
        + [
            mapper.rows(engine.query(page, {"first": first, "last": first + SHAPES_AT_ONCE - 1}))
            for first in range(1, last + 1, SHAPES_AT_ONCE)
        ]
    )


@cache
def mapping_version() -> str:
    """Return a name for the knowledge that the mapping works with: roll-ups made with another are made again."""
    digest = hashlib.sha256(catalogue().version.encode())
    for package, ending in (("knowledge/data", ".csv"), ("usage", ".py")):
        folder = files("iamaudit").joinpath(package)
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if path.name.endswith(ending):
                digest.update(path.read_bytes())
    for sql in _sql_of(ROLLUPS.values()):
        digest.update(sql.encode())
    return digest.hexdigest()[:16]


def _sql_of(names: Iterable[str]) -> list[str]:
    """Return the selects of some models and of all that they read, by name."""
    models, found, ahead = load_models(), dict[str, str](), list(names)
    while ahead:
        name = ahead.pop()
        if name in models and name not in found:
            found[name] = models[name].sql
            ahead += models[name].reads
    return [found[name] for name in sorted(found)]


def last_day(lake: Lake) -> datetime | None:
    """Return the newest day that the lake has events of, or None for an empty lake."""
    days = [day for day in lake.days() if day]
    return datetime.fromisoformat(days[-1]).replace(tzinfo=UTC) if days else None
