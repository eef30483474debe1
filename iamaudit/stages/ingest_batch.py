"""One batch of log objects: read, decoded, written, committed; in this process or in another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from iamaudit.errors import SourceError
from iamaudit.lake.ingest import batch_id_of, commit, set_aside, write_days
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import EventsManifest, SourceObject
from iamaudit.lake.parts import PartWriter
from iamaudit.ports import Listed, LogSource
from iamaudit.sources.decoder import BatchDecoder, ObjectFound, SpoiledError
from iamaudit.sources.folder import Folder
from iamaudit.sources.pieces import Broken
from iamaudit.sources.read_ahead import read_ahead

HELD = 64 << 20  # bytes as stored of an object that is read into memory; a larger one is streamed
LARGEST_KEPT = 256 << 20  # bytes of an unreadable object that go to the quarantine; the rest stays at its source
_NOT_LOGS = {"digest", "state"}  # kinds that hold no records, by design


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object to read: from which source, and the etags under which the ledger knows its key."""

    source: int  # its number among the sources of the run
    entry: Listed
    etags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BatchDone:
    """What became of a batch; `manifest` is None when nothing in it was new."""

    manifest: EventsManifest | None
    finished: tuple[Wanted, ...]  # committed, or known already
    already: int
    unread: tuple[str, ...]  # sentences about objects that could not be opened


@dataclass(slots=True)
class _Objects:
    """The objects of a batch as they were read: small ones in memory, large ones still at their source."""

    fresh: list[tuple[Wanted, str, bytes | None]] = field(default_factory=list)  # wanted, etag, data
    known: list[Wanted] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def ingest_batch(lake: Lake, sources: Sequence[LogSource], wanted: Sequence[Wanted]) -> BatchDone:
    """Read the objects, write what is new, and commit; a batch of which nothing is new leaves no trace.

    No two objects of a batch have the same key.
    """
    objects = _read(sources, wanted)
    manifest = None
    if objects.fresh:
        batch_id = batch_id_of((one.entry.key, etag) for one, etag, _ in objects.fresh)
        refused: dict[str, str] = {}
        while manifest is None:
            try:
                manifest = _write(lake, sources, batch_id, objects.fresh, refused)
            except SpoiledError as spoiled:
                refused[spoiled.key] = str(spoiled)
    finished = (*objects.known, *(one for one, _, _ in objects.fresh))
    return BatchDone(manifest, finished, len(objects.known), tuple(objects.unread))


def _read(sources: Sequence[LogSource], wanted: Sequence[Wanted]) -> _Objects:
    objects = _Objects()
    for one, data in _contents(sources, wanted):
        try:
            if isinstance(data, SourceError):
                raise data
            etag = hashlib.sha256(data).hexdigest() if data is not None else _etag_of(sources[one.source], one.entry)
        except SourceError as error:
            objects.unread.append(f"{error}; the next run tries it again")
            continue
        if etag in one.etags:
            objects.known.append(one)
        else:
            objects.fresh.append((one, etag, data))
    return objects


def _contents(
    sources: Sequence[LogSource], wanted: Sequence[Wanted]
) -> Iterator[tuple[Wanted, bytes | SourceError | None]]:
    """Yield each object with its bytes, or None for one that is too large to hold; a network is asked ahead."""
    small = [one for one in wanted if one.entry.size <= HELD]
    for number, source in enumerate(sources):
        mine = [one for one in small if one.source == number]
        if isinstance(source, Folder):
            for one in mine:
                yield one, _data_of(source, one.entry)
        elif mine:
            by_entry = {id(one.entry): one for one in mine}
            for entry, data in read_ahead(source, (one.entry for one in mine)):
                yield by_entry[id(entry)], data
    yield from ((one, None) for one in wanted if one.entry.size > HELD)


def _data_of(source: LogSource, entry: Listed) -> bytes | SourceError:
    try:
        with source.open(entry) as file:
            return file.read()
    except SourceError as error:
        return error
    except OSError as error:
        return SourceError(f"cannot read `{entry.path}`: {error.strerror or error}; check the disk")


def _etag_of(source: LogSource, entry: Listed) -> str:
    with source.open(entry) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do


def _write(
    lake: Lake,
    sources: Sequence[LogSource],
    batch_id: str,
    fresh: Sequence[tuple[Wanted, str, bytes | None]],
    refused: Mapping[str, str],
) -> EventsManifest:
    etags = {one.entry.key: etag for one, etag, _ in fresh}

    def keep(key: str, piece: Broken) -> None:
        set_aside(lake, piece.data, {"object": key, "etag": etags[key], "reason": piece.reason})

    with PartWriter(lake) as writer:
        decoder = BatchDecoder(batch_id, spill=lambda rows: write_days(writer, rows), keep=keep)
        for one, _, data in fresh:
            if one.entry.key in refused:
                decoder.found.append(ObjectFound(one.entry.key, error=f"too_large: {refused[one.entry.key]}"))
            elif data is not None:
                decoder.add(one.entry.key, data)
            else:
                with sources[one.source].open(one.entry) as file:
                    decoder.add_large(one.entry.key, file, size=one.entry.size)
        write_days(writer, decoder.table())
        _write_config(writer, decoder.config_items)
    found = {entry.key: entry for entry in decoder.found}
    ledger = [_ledger_line(lake, sources, one, etag, data, found[one.entry.key]) for one, etag, data in fresh]
    return commit(lake, batch_id, ledger, writer.parts)


def _write_config(writer: PartWriter, tables: Mapping[str, Sequence[pa.Table]]) -> None:
    """Write Config's items by day of delivery: a snapshot repeats items that were captured on hundreds of days."""
    for day in sorted(tables):
        rows = pa.concat_tables(tables[day])
        if rows.num_rows:
            writer.add("config_items", rows, folder=f"config_items/dt={day}", dt=day)


def _ledger_line(
    lake: Lake, sources: Sequence[LogSource], one: Wanted, etag: str, data: bytes | None, found: ObjectFound
) -> SourceObject:
    """Return the object's line; one that could not be read is set aside whole."""
    status = "not_a_log" if found.kind in _NOT_LOGS else "ingested"
    reason = found.kind if status == "not_a_log" else None
    if found.error is not None:
        status, reason = "set_aside", found.error
        if data is None:
            with sources[one.source].open(one.entry) as file:
                data = file.read(LARGEST_KEPT)
        set_aside(lake, data, {"object": one.entry.key, "etag": etag, "reason": reason})
    return SourceObject(
        one.entry.key,
        etag,
        one.entry.size or len(data or b""),
        status,
        reason,
        found.tally.records_in,
        found.tally.kept,
        dict(sorted(found.tally.ignored.items())),
        dict(sorted(found.tally.set_aside.items())),
        found.kind,
        one.entry.version,
    )
