"""usage: events to the daily roll-up of who used which action on which resource."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.engine.models import load_models
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import Day, Lake
from iamaudit.lake.manifest import Part, UsageManifest, to_bytes
from iamaudit.lake.parts import PartWriter
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS, SESSIONS_SCHEMA
from iamaudit.ports import Progress
from iamaudit.usage.callers import callers_table
from iamaudit.usage.shapes import MAPPED_SCHEMA, SHAPE_COLUMNS, ShapeMapper

DAYS_AT_ONCE = 100  # small ones: starting the engine costs more than they do
ROWS_AT_ONCE = 200_000  # events; what is read of one is about two kilobytes in memory
SHAPES_AT_ONCE = 200_000  # distinct ones, that Python sees
ROLLUPS = {
    "usage": "usage_rollup",
    "credential_use": "usage_credentials",
    "coverage": "usage_coverage",
    "sessions": "usage_sessions",
}


def update_usage(lake: Lake, *, progress: Progress | None = None) -> list[str]:
    """Make the roll-ups of every event day that has new events, or was made with older knowledge; return the days.

    A day is also made again when the sessions that were issued on the day before are others than it was made with.
    Each day is committed by its own manifest, which names the event parts it was made from: a crash between two days
    leaves the first done and the second to do.
    """
    books = _Books(lake.days(), {manifest.dt: manifest for manifest in lake.usage_manifests()}, mapping_version())
    finished: list[str] = []
    mapper = ShapeMapper()
    while group := books.next_group(after=finished[-1] if finished else ""):
        earlier = [part for day in group if _before(day) not in group for part in books.sessions(_before(day))]
        rollups = roll_up(lake, [part for day in group for part in books.days[day].parts], mapper, earlier)
        for day in group:
            with PartWriter(lake) as writer:
                for table, found in rollups.items():
                    rows = _of_day(found, day)
                    if rows.num_rows:
                        writer.add(table, rows, folder=f"{table}/dt={day}", dt=day)
            manifest = books.made(day, writer.parts)
            lake.store.write(f"manifests/usage/dt={day}.json", to_bytes(manifest))
        finished += group
        if progress is not None:
            progress(len(finished), len(finished) + books.waiting(after=group[-1]), "days of usage")
    return finished


@dataclass(frozen=True, slots=True)
class _Books:
    """The days that have events, and what their roll-ups were made from; `done` grows with each day that is made."""

    days: Mapping[str, Day]
    done: dict[str, UsageManifest]
    version: str

    def sessions(self, day: str) -> list[Part]:
        """Return the parts that hold what sts gave out on a day."""
        return [part for part in self.done[day].parts if part.table == "sessions"] if day in self.done else []

    def made(self, day: str, parts: Iterable[Part]) -> UsageManifest:
        """Note that a day is made, the day before included."""
        before = tuple(part.key for part in self.sessions(_before(day)))
        self.done[day] = UsageManifest(day, self.days[day].inputs, self.version, tuple(parts), sessions_before=before)
        return self.done[day]

    def is_stale(self, day: str) -> bool:
        """Say whether a day has to be made, as far as it is known before the days before it are made."""
        made = self.done.get(day)
        return (
            made is None
            or made.mapping_version != self.version
            or made.inputs != self.days[day].inputs
            or made.sessions_before != tuple(part.key for part in self.sessions(_before(day)))
        )

    def next_group(self, *, after: str) -> list[str]:
        """Return the next days that are rolled up at once: as many as fit the memory, at least one if any is stale.

        A day that is not stale by itself may become so when the day before is made, and ends the group.
        """
        group: list[str] = []
        size = 0
        for day in (day for day in self.days if day > after):
            if not self.is_stale(day):
                if group and group[-1] == _before(day):
                    break
                continue
            rows = sum(part.rows for part in self.days[day].parts)
            if group and (size + rows > ROWS_AT_ONCE or len(group) == DAYS_AT_ONCE):
                break
            group.append(day)
            size += rows
        return group

    def waiting(self, *, after: str) -> int:
        """Count the days that are still to be made, as far as it is known now."""
        return sum(self.is_stale(day) for day in self.days if day > after)


def _before(day: str) -> str:
    """Return the day before, or an empty text for what is no day."""
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _of_day(rows: pa.Table, day: str) -> pa.Table:
    return rows.filter(pc.equal(rows["dt"], day))


def roll_up(lake: Lake, parts: list[Part], mapper: ShapeMapper, earlier: list[Part]) -> dict[str, pa.Table]:
    """Return the roll-ups of the days in *parts*: SQL finds the distinct shapes, Python maps each once.

    *earlier* holds the sessions that were issued on the day before any of these days, where it is not among them.
    """
    events = ParquetFiles(lake.locations(parts), EVENTS_SCHEMA)
    issued = ParquetFiles(lake.locations(earlier), SESSIONS_SCHEMA)
    with Engine({"deliveries": lambda: events, "earlier_sessions": lambda: issued}, {}) as engine:
        engine.provide("mapped_callers", mapped_callers(engine))
        engine.provide("mapped_shapes", mapped_shapes(engine, mapper))
        return {
            table: engine.table(model).select(ROLLUP_SCHEMAS[table].names).cast(ROLLUP_SCHEMAS[table])
            for table, model in ROLLUPS.items()
        }


def mapped_callers(engine: Engine) -> pa.Table:
    """Return who asked for the sessions that sts gave out: each distinct caller once."""
    return callers_table(engine.query("select distinct caller from usage_session_callers").column("caller").to_pylist())


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
    for package, ending in (("knowledge/data", ".csv"), ("knowledge", ".py"), ("usage", ".py")):
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
