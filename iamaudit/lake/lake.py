"""The lake as its readers see it: manifests in, lists of parts out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.errors import LakeNotFoundError
from iamaudit.lake.ledger import Ledger
from iamaudit.lake.manifest import CompactManifest, EventsManifest, Part, StateManifest, UsageManifest, from_bytes
from iamaudit.lake.store import WRITING, LocalStore
from iamaudit.ports import ObjectStore

MARK = "iamaudit-lake.json"
MARK_TEXT = b'{"format": 1, "what": "an iamaudit lake: Parquet parts, named by manifests/"}\n'
ROWS_PER_GROUP = 120_000
FRESH = 86_400.0  # seconds; sweeping spares what is younger than days
PRUNED = ("event_time", "account_id", "event_source", "event_name", "dt", "principal", "action", "captured_at")


@dataclass(frozen=True, slots=True)
class Day:
    """One event day of a table: what ingest wrote, and the files that hold all of it now."""

    inputs: tuple[str, ...]  # keys of ingest's parts, sorted: a day with the same inputs holds the same rows
    parts: tuple[Part, ...]  # by key


@dataclass(frozen=True, slots=True)
class Lake:
    """Events, roll-ups and state under one store; readers take their files from the manifests, never from a glob."""

    store: ObjectStore

    def event_manifests(self) -> Iterator[EventsManifest]:
        """Yield the commits of ingest, in the order of their batch ids."""
        for key in filter(_is_manifest, self.store.list("manifests/events/")):
            yield from_bytes(self.store.read(key), EventsManifest, key=key)

    def usage_manifests(self) -> Iterator[UsageManifest]:
        """Yield the commits of the roll-up, by day."""
        for key in filter(_is_manifest, self.store.list("manifests/usage/")):
            yield from_bytes(self.store.read(key), UsageManifest, key=key)

    def state_manifests(self) -> Iterator[StateManifest]:
        """Yield the commits of `collect`, oldest capture first, without those that were collected again as of then."""
        keys = filter(_is_manifest, self.store.list("manifests/state/"))
        found = [from_bytes(self.store.read(key), StateManifest, key=key) for key in keys]
        current = [entry for entry in found if not any(another.replaces(entry) for another in found)]
        yield from sorted(current, key=lambda entry: (entry.captured_at, entry.sequence, entry.capture_id))

    def compact_manifests(self, table: str = "") -> Iterator[CompactManifest]:
        """Yield the commits of compaction, of one table or of all, by table and day."""
        for key in filter(_is_manifest, self.store.list(f"manifests/compact/{table + '/' if table else ''}")):
            yield from_bytes(self.store.read(key), CompactManifest, key=key)

    def ledger(self) -> Ledger:
        """Return the commits of ingest as of now: what was read, and the parts that were written."""
        return Ledger(self.store)

    def days(self, table: str = "events") -> dict[str, Day]:
        """Return the days of a table that ingest writes, in order."""
        # compaction first: what it holds is then among what ingest wrote, whoever compacts meanwhile
        compacted = {manifest.dt: manifest for manifest in self.compact_manifests(table)}
        written: dict[str, dict[str, Part]] = {}
        for part in self.ledger().parts():
            if part.table == table:
                written.setdefault(part.dt or "", {})[part.key] = part
        days: dict[str, Day] = {}
        for day in sorted(written):
            parts = written[day]
            if day in compacted:
                held = set(compacted[day].inputs)
                fresh = {key: part for key, part in parts.items() if key not in held}
                now = {**fresh, **{part.key: part for part in compacted[day].parts}}
            else:
                now = parts
            days[day] = Day(tuple(sorted(parts)), tuple(now[key] for key in sorted(now)))
        return days

    def event_parts(self, table: str = "events") -> list[Part]:
        """Return the files of a table that ingest writes, by day and key."""
        return [part for day in self.days(table).values() for part in day.parts]

    def usage_parts(self, table: str) -> list[Part]:
        """Return the parts of `usage` or `credential_use`."""
        return _each_once(p for manifest in self.usage_manifests() for p in manifest.parts if p.table == table)

    def state_parts(self, kind: str) -> list[Part]:
        """Return the parts of one kind of state, of all captures but those of an instant that was told again later."""
        manifests = list(self.state_manifests())
        at_once: defaultdict[str, list[StateManifest]] = defaultdict(list)
        for one in manifests:
            at_once[one.captured_at].append(one)
        return _each_once(
            part
            for one in manifests
            for part in one.parts
            if part.table == kind and not any(other.tells_again(one, kind) for other in at_once[one.captured_at])
        )

    def locations(self, parts: list[Part]) -> list[str]:
        """Return where an engine can open the parts."""
        keys = [part.key for part in parts]
        fetch = getattr(self.store, "fetch", None)
        if fetch is not None:  # a store far away brings many at once
            fetch(keys)
        return [self.store.location(key) for key in keys]

    def write_part(self, table: str, rows: pa.Table, *, folder: str, dt: str | None = None) -> Part:
        """Write rows as one Parquet file named by its content; running it twice writes the same file."""
        part, data = self.part_of(table, rows, folder=folder, dt=dt)
        if not self.holds(part):
            self.store.write(part.key, data)
        return part

    def holds(self, part: Part) -> bool:
        """Say whether the part's file is there and lately written; an old one may be a leftover that a sweep is taking."""
        try:
            return 0 <= self.store.age(part.key) < FRESH
        except KeyError:
            return False

    def part_of(self, table: str, rows: pa.Table, *, folder: str, dt: str | None = None) -> tuple[Part, bytes]:
        """Return what a part of *rows* is called, and its bytes."""
        sink = pa.BufferOutputStream()
        pq.write_table(
            rows,
            sink,
            compression="zstd",
            compression_level=1,
            row_group_size=ROWS_PER_GROUP,
            write_statistics=[name for name in PRUNED if name in rows.column_names],  # the others' cost a fifth of all
            store_schema=False,  # dictionary-coded columns are read back as what they stand for
        )
        data = sink.getvalue().to_pybytes()
        digest = hashlib.sha256(data).hexdigest()
        return Part(f"{folder}/{digest[:32]}.parquet", table, rows.num_rows, len(data), digest, dt), data


def _is_manifest(key: str) -> bool:
    """A file manager leaves files of its own."""
    return key.endswith(".json")


def _each_once(parts: Iterator[Part]) -> list[Part]:
    return sorted({part.key: part for part in parts}.values(), key=lambda part: part.key)


def create_lake(path: Path) -> Lake:
    """Return the lake at *path*, made if there is none."""
    store = LocalStore(path)
    if not store.exists(MARK):
        if path.is_file() or (path.is_dir() and not all(one.name.startswith(WRITING) for one in path.iterdir())):
            raise LakeNotFoundError(f"`{path}` exists and is not a lake: give an empty or a new folder")
        store.write(MARK, MARK_TEXT)
    return Lake(store)


def find_lake(path: Path) -> Lake:
    """Return the lake at *path*; raise `LakeNotFoundError` when there is none."""
    store = LocalStore(path)
    if not store.exists(MARK):
        raise LakeNotFoundError(f"there is no lake at `{path}`: run `iamaudit ingest SOURCE --lake {path}` first")
    return Lake(store)
