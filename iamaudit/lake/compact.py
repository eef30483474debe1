"""Which closed days are worth rewriting into few files, and how such a rewriting is written and committed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.commits import compact_key
from iamaudit.lake.lake import ROWS_PER_GROUP, Lake
from iamaudit.lake.manifest import CompactManifest, Part, from_bytes, to_bytes

# of the columns that a table has; the last two make it a total order
ORDER = ("account_id", "event_time", "captured_at", "event_id", "resource_id", "source_key", "batch_id")
FILE_BYTES = 128 << 20
FILE_ROWS = 1_000_000
GROUP_BYTES = 64 << 20  # of a row group in memory, where records are wide


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One day of one table to rewrite: everything that ingest wrote for it, and the files that hold it now."""

    table: str
    dt: str
    inputs: tuple[str, ...]  # keys of ingest's parts, sorted
    parts: tuple[Part, ...]  # what to read
    base: CompactManifest | None  # the rewriting before this one

    @property
    def rows(self) -> int:
        """The number of rows that must come out."""
        return sum(part.rows for part in self.parts)


def due(lake: Lake, *, before: str, more_than: int) -> Iterator[Rewriting]:
    """Yield the days before *before* that have more than *more_than* files that no rewriting made.

    The manifests of rewritings are read first: what ingest commits meanwhile is then new to them, never doubled.
    """
    bases = {(manifest.table, manifest.dt): manifest for manifest in lake.compact_manifests()}
    days: dict[tuple[str, str], dict[str, Part]] = {}
    for part in lake.ledger().parts():
        if part.dt is not None and part.dt < before:
            days.setdefault((part.table, part.dt), {})[part.key] = part
    for (table, day), written in sorted(days.items()):
        base = bases.get((table, day))
        held = frozenset(base.inputs if base else ())
        fresh = {key: part for key, part in written.items() if key not in held}
        if len(fresh) > more_than:
            parts = (*(base.parts if base else ()), *(fresh[key] for key in sorted(fresh)))
            yield Rewriting(table, day, tuple(sorted(held | fresh.keys())), parts, base)


def write_files(lake: Lake, work: Rewriting, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> tuple[Part, ...]:
    """Write sorted batches as few files; the cuts depend on the rows only. One file at a time is in memory."""
    parts: list[Part] = []
    sink: pa.BufferOutputStream | None = None
    writer: pq.ParquetWriter | None = None
    rows = 0
    for group in _groups(batches, schema):
        if sink is None or writer is None:
            sink, rows = pa.BufferOutputStream(), 0
            writer = pq.ParquetWriter(sink, schema, compression="zstd", compression_level=3)
        writer.write_table(group, row_group_size=group.num_rows)
        rows += group.num_rows
        if rows >= FILE_ROWS or sink.tell() >= FILE_BYTES:
            writer.close()
            parts.append(_store(lake, work, sink.getvalue(), rows))
            sink = writer = None
    if sink is not None and writer is not None:
        writer.close()
        parts.append(_store(lake, work, sink.getvalue(), rows))
    return tuple(parts)


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Gather batches into row groups."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        offset = 0
        while offset < batch.num_rows:
            some = batch.slice(offset, ROWS_PER_GROUP - rows)
            offset += some.num_rows
            waiting.append(some)
            rows += some.num_rows
            size += some.nbytes
            if rows == ROWS_PER_GROUP or size >= GROUP_BYTES:
                yield pa.Table.from_batches(waiting).cast(schema)
                waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.Table.from_batches(waiting).cast(schema)


def _store(lake: Lake, work: Rewriting, data: pa.Buffer, rows: int) -> Part:
    digest = hashlib.sha256(data).hexdigest()
    key = f"{work.parts[0].key.rpartition('/')[0]}/{digest[:32]}.parquet"
    # written anew even if it is there: a killed run may have left it long ago, and a sweep would take what is old
    lake.store.write(key, data.to_pybytes())
    return Part(key, work.table, rows, data.size, digest, work.dt)


def commit(lake: Lake, work: Rewriting, parts: tuple[Part, ...]) -> CompactManifest | None:
    """Put the new files in the place of the old; None when somebody else has rewritten the day meanwhile."""
    rows = sum(part.rows for part in parts)
    if rows != work.rows:
        raise PromiseBrokenError(
            f"rewriting {work.dt} of `{work.table}` read {work.rows} rows and wrote {rows}; nothing was replaced, "
            "run `iamaudit lake check --lake LAKE`"
        )
    key = compact_key(work.table, work.dt)
    if current(lake, work.table, work.dt) != work.base:
        return None
    manifest = CompactManifest(work.table, work.dt, work.inputs, parts)
    lake.store.write(key, to_bytes(manifest))
    return manifest


def current(lake: Lake, table: str, day: str) -> CompactManifest | None:
    """Return the manifest of a day's rewriting, if it was ever rewritten."""
    key = compact_key(table, day)
    try:
        return from_bytes(lake.store.read(key), CompactManifest, key=key)
    except KeyError:
        return None
