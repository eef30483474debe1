"""What the lake has read: every source object ever committed, asked by key.

Manifests are the truth. A *checkpoint* repeats what many of them say in one Parquet file (`ledger/<id>.parquet`, one
row per source object, by delivery day) and one small document (`ledger/<id>.json`: which batches, their parts, what
was set aside), so that a night costs what is new and not what is old. A checkpoint may be deleted at any time: the
manifests are read again and another is made.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iamaudit.errors import InputError, PromiseBrokenError
from iamaudit.lake.layout import delivery_day
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, from_bytes, to_bytes
from iamaudit.ports import ObjectStore

FOLD_AT = 48  # manifests that no checkpoint covers, before one is made
MERGE_AT = 16  # checkpoints, before they are made one
LARGE = 1_000_000  # objects of a checkpoint that is merged no more: merging holds them all
ROWS_PER_GROUP = 100_000
OBJECTS_SCHEMA = pa.schema(
    [
        ("day", pa.string()),
        ("key", pa.string()),
        ("version", pa.string()),
        ("etag", pa.string()),
        ("size", pa.int64()),
        ("status", pa.string()),
        ("kind", pa.string()),
        ("reason", pa.string()),
        ("records_in", pa.int64()),
        ("kept", pa.int64()),
        ("ignored", pa.string()),  # JSON: reason -> count
        ("set_aside", pa.string()),
        ("batch_id", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What `ledger/<id>.json` holds; `objects` is the key of the Parquet file beside it."""

    batches: tuple[str, ...]
    objects: str
    rows: int
    parts: tuple[Part, ...]
    troubled: tuple[SourceObject, ...]  # objects that were set aside, whole or in part
    format: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger remembers of one object: by the version the bytes need not be read, by the etag they are known."""

    version: str
    etag: str
    status: str


class Ledger:
    """The commits of ingest as of one moment; make a new one to see later commits."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        keys = [key for key in store.list("manifests/events/") if key.endswith(".json")]  # a file manager leaves others
        names = [key.rpartition("/")[2].removesuffix(".json") for key in keys]
        self.checkpoints = _disjoint(self._all_checkpoints(), frozenset(names))
        covered = {batch for checkpoint in self.checkpoints for batch in checkpoint.batches}
        self.manifests = tuple(self._manifest(name) for name in names if name not in covered)

    def _manifest(self, batch: str) -> EventsManifest:
        key = f"manifests/events/{batch}.json"
        return from_bytes(self.store.read(key), EventsManifest, key=key)

    def _all_checkpoints(self) -> list[Checkpoint]:
        found = []
        for key in self.store.list("ledger/"):
            if key.endswith(".json"):
                try:
                    found.append(from_bytes(self.store.read(key), Checkpoint, key=key))
                except (PromiseBrokenError, KeyError):
                    continue  # derived, and another writer may have merged it away: the manifests have it all
        return [checkpoint for checkpoint in found if self.store.exists(checkpoint.objects)]

    def parts(self) -> Iterator[Part]:
        """Yield the parts that ingest wrote, as often as they are named."""
        for checkpoint in self.checkpoints:
            yield from checkpoint.parts
        for manifest in self.manifests:
            yield from manifest.parts

    def troubled(self) -> list[SourceObject]:
        """Return the objects of which something was set aside, without those that were read whole later."""
        broken = [entry for checkpoint in self.checkpoints for entry in checkpoint.troubled]
        broken += [entry for manifest in self.manifests for entry in manifest.objects if is_troubled(entry)]
        if not broken:
            return []
        known = self.known([entry.key for entry in broken])
        bad = {(entry.key, entry.etag) for entry in broken}
        return [entry for entry in broken if all((entry.key, other.etag) in bad for other in known[entry.key])]

    def known(self, keys: Sequence[str]) -> dict[str, list[Known]]:
        """Return what is remembered under each of *keys*; only the delivery days that they name are looked at."""
        found: dict[str, list[Known]] = defaultdict(list)
        wanted = set(keys)
        for manifest in self.manifests:
            for entry in manifest.objects:
                if entry.key in wanted:
                    found[entry.key].append(Known(entry.version, entry.etag, entry.status))
        if self.checkpoints and wanted:
            oldest = min(filter(None, map(delivery_day, wanted)), default="9")
            values = pa.array(sorted(wanted), pa.string())
            for checkpoint in self.checkpoints:
                for rows in self._groups(checkpoint, ["key", "version", "etag", "status"], oldest=oldest):
                    some = rows.filter(pc.is_in(rows["key"], value_set=values)).to_pydict()
                    for key, *rest in zip(*some.values(), strict=True):
                        found[key].append(Known(*rest))
        return found

    def objects(self) -> Iterator[SourceObject]:
        """Yield every source object once per (key, etag), however many writers committed it; in no given order."""
        seen: set[tuple[str, str]] = set()
        for entry in self.entries():
            if (entry.key, entry.etag) not in seen:
                seen.add((entry.key, entry.etag))
                yield entry

    def entries(self) -> Iterator[SourceObject]:
        """Yield every line of the ledger: an object stands there once for each batch that committed it."""
        for manifest in self.manifests:
            yield from manifest.objects
        for checkpoint in self.checkpoints:
            for rows in self._groups(checkpoint, OBJECTS_SCHEMA.names):
                yield from map(_entry, rows.to_pylist())

    def _groups(self, checkpoint: Checkpoint, columns: list[str], *, oldest: str = "") -> Iterator[pa.Table]:
        """Yield the row groups that may hold objects delivered on *oldest* or later, or without a day."""
        file = self._opened(checkpoint)
        if file is None:
            manifests = [self._manifest(batch) for batch in checkpoint.batches]
            yield _objects_table([(entry, one.batch_id) for one in manifests for entry in one.objects]).select(columns)
            return
        position = OBJECTS_SCHEMA.get_field_index("day")
        for number in range(file.metadata.num_row_groups):
            days = file.metadata.row_group(number).column(position).statistics
            if days is None or not days.has_min_max or days.min == "" or days.max >= oldest:
                yield self._group(file, number, columns, checkpoint)

    def _opened(self, checkpoint: Checkpoint) -> pq.ParquetFile | None:
        """Open a checkpoint's rows; None when they are damaged or were deleted a moment ago: the manifests have it all."""
        try:
            file = pq.ParquetFile(_readable(self.store, checkpoint.objects))
        except (pa.ArrowException, OSError, KeyError):
            return None
        return file if file.metadata.num_rows == checkpoint.rows else None

    @staticmethod
    def _group(file: pq.ParquetFile, number: int, columns: list[str], checkpoint: Checkpoint) -> pa.Table:
        try:
            return file.read_row_group(number, columns=columns)
        except (pa.ArrowException, OSError) as error:
            raise PromiseBrokenError(
                f"`{checkpoint.objects}` is damaged: {error}; delete it, it repeats what the manifests say"
            ) from error

    def fold(self) -> None:
        """Make a checkpoint of many manifests, and one of many checkpoints; a writer that does the same does no harm."""
        if len(self.manifests) >= FOLD_AT:
            rows = [(entry, manifest.batch_id) for manifest in self.manifests for entry in manifest.objects]
            table = _objects_table(rows)
            troubled = tuple(entry for entry, _ in rows if is_troubled(entry))
            parts = tuple(part for manifest in self.manifests for part in manifest.parts)
            self._write([manifest.batch_id for manifest in self.manifests], table, parts, troubled)
            return
        small = [checkpoint for checkpoint in self.checkpoints if checkpoint.rows < LARGE]
        if len(small) >= MERGE_AT:
            batches = [batch for checkpoint in small for batch in checkpoint.batches]
            groups = [group for checkpoint in small for group in self._groups(checkpoint, OBJECTS_SCHEMA.names)]
            parts = tuple(part for checkpoint in small for part in checkpoint.parts)
            troubled = tuple(entry for checkpoint in small for entry in checkpoint.troubled)
            name = self._write(batches, pa.concat_tables(groups), parts, troubled)
            for checkpoint in small:
                if (old := checkpoint.objects.removesuffix("parquet") + "json") != name:
                    self.store.delete(old)

    def _write(
        self, batches: list[str], table: pa.Table, parts: tuple[Part, ...], troubled: tuple[SourceObject, ...]
    ) -> str:
        name = hashlib.sha256("\n".join(sorted(batches)).encode()).hexdigest()[:24]
        sink = pa.BufferOutputStream()
        rows = table.sort_by([("day", "ascending"), ("key", "ascending"), ("etag", "ascending")])
        pq.write_table(rows, sink, compression="zstd", row_group_size=ROWS_PER_GROUP)
        objects = f"ledger/{name}.parquet"
        self.store.write(objects, sink.getvalue().to_pybytes())
        checkpoint = Checkpoint(tuple(sorted(batches)), objects, rows.num_rows, parts, troubled)
        key = f"ledger/{name}.json"
        self.store.write(key, to_bytes(checkpoint))
        return key


def is_troubled(entry: SourceObject) -> bool:
    """Say whether the object, or some of its records, could not be read."""
    return entry.status == "set_aside" or bool(entry.set_aside)


def _disjoint(checkpoints: Iterable[Checkpoint], names: frozenset[str]) -> tuple[Checkpoint, ...]:
    """Choose checkpoints that share no batch, the largest first; one that names a batch nobody committed is void."""
    chosen: list[Checkpoint] = []
    taken: set[str] = set()
    for checkpoint in sorted(checkpoints, key=lambda entry: (-len(entry.batches), entry.objects)):
        if taken.isdisjoint(checkpoint.batches) and names.issuperset(checkpoint.batches):
            chosen.append(checkpoint)
            taken.update(checkpoint.batches)
    return tuple(chosen)


def _readable(store: ObjectStore, key: str) -> object:
    try:
        return store.location(key)
    except InputError:
        return pa.BufferReader(store.read(key))


def _objects_table(rows: list[tuple[SourceObject, str]]) -> pa.Table:
    columns = {
        "day": [delivery_day(entry.key) for entry, _ in rows],
        "ignored": [json.dumps(dict(entry.ignored), sort_keys=True) for entry, _ in rows],
        "set_aside": [json.dumps(dict(entry.set_aside), sort_keys=True) for entry, _ in rows],
        "batch_id": [batch for _, batch in rows],
    }
    return pa.table(
        [
            pa.array(columns.get(field.name) or [getattr(entry, field.name) for entry, _ in rows], field.type)
            for field in OBJECTS_SCHEMA
        ],
        schema=OBJECTS_SCHEMA,
    )


def _entry(row: dict[str, object]) -> SourceObject:
    fields = {name: value for name, value in row.items() if name not in {"day", "batch_id"}}
    fields["ignored"], fields["set_aside"] = json.loads(str(row["ignored"])), json.loads(str(row["set_aside"]))
    return SourceObject(**fields)  # type: ignore[arg-type]  # the columns are the fields, by the schema above
