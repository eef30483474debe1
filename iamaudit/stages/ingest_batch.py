"""One batch of log objects: read, decoded, written, committed; in this process or in another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import pyarrow as pa

from iamaudit.errors import SourceError, UnreadableObjectError
from iamaudit.formats.decoder import BatchDecoder, ObjectFound, SpoiledError
from iamaudit.formats.gunzip import MAGIC, gunzip
from iamaudit.formats.masking import mask_bytes
from iamaudit.formats.pieces import Broken
from iamaudit.lake.ingest import batch_id_of, commit, set_aside, write_days
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import EventsManifest, SourceObject
from iamaudit.lake.parts import PartWriter
from iamaudit.ports import Listed, LogSource
from iamaudit.sources.folder import Folder
from iamaudit.sources.read_ahead import data_of, read_ahead

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


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An object that the lake does not have: small ones with their bytes, of large ones what they were when looked at."""

    wanted: Wanted
    etag: str
    size: int
    data: bytes | None

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return self.wanted.entry.key


@dataclass(slots=True)
class _Objects:
    """The objects of a batch as they were read."""

    fresh: list[_Fresh] = field(default_factory=list)
    known: list[Wanted] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class _LostError(Exception):
    """A large object could not be read a second time, or is another one by now: begin the batch again without it."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class _Hashed:
    """A large object's file while it is decoded: what is decoded must be what was looked at."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data

    def seek(self, position: int) -> int:
        self.digest = hashlib.sha256()
        return self.file.seek(position)


def ingest_batch(lake: Lake, sources: Sequence[LogSource], wanted: Sequence[Wanted]) -> BatchDone:
    """Read the objects, write what is new, and commit; a batch of which nothing is new leaves no trace.

    No two objects of a batch have the same key.
    """
    objects = _read(sources, wanted)
    manifest = None
    refused: dict[str, str] = {}
    while objects.fresh and manifest is None:
        batch_id = batch_id_of((one.key, one.etag) for one in objects.fresh)
        try:
            manifest = _write(lake, sources, batch_id, objects.fresh, refused)
        except SpoiledError as spoiled:
            refused[spoiled.key] = str(spoiled)
        except _LostError as lost:
            objects.fresh = [one for one in objects.fresh if one.key != lost.key]
            objects.unread.append(f"{lost}; the next run tries it again")
    finished = (*objects.known, *(one.wanted for one in objects.fresh))
    return BatchDone(manifest, finished, len(objects.known), tuple(objects.unread))


def _read(sources: Sequence[LogSource], wanted: Sequence[Wanted]) -> _Objects:
    objects = _Objects()
    for one, data in _contents(sources, wanted):
        try:
            if isinstance(data, SourceError):
                raise data
            if data is None:
                etag, size = _looked_at(sources[one.source], one.entry)
            else:
                etag, size = hashlib.sha256(data).hexdigest(), len(data)
        except SourceError as error:
            objects.unread.append(f"{error}; the next run tries it again")
            continue
        if etag in one.etags:
            objects.known.append(one)
        else:
            objects.fresh.append(_Fresh(one, etag, size, data))
    return objects


def _contents(
    sources: Sequence[LogSource], wanted: Sequence[Wanted]
) -> Iterator[tuple[Wanted, bytes | SourceError | None]]:
    """Yield each object with its bytes, or None for one that is too large to hold; a network is asked ahead.

    A listing may not know the size, and a file may have grown since.
    """
    small = [one for one in wanted if one.entry.size <= HELD]
    for number, source in enumerate(sources):
        mine = [one for one in small if one.source == number]
        if isinstance(source, Folder):
            for one in mine:
                yield one, data_of(source, one.entry, HELD)
        elif mine:
            by_entry = {id(one.entry): one for one in mine}
            for entry, data in read_ahead(source, (one.entry for one in mine), most=HELD):
                yield by_entry[id(entry)], data
    yield from ((one, None) for one in wanted if one.entry.size > HELD)


def _looked_at(source: LogSource, entry: Listed) -> tuple[str, int]:
    """Return the etag and the size of a large object."""
    digest, size = hashlib.sha256(), 0
    try:
        with source.open(entry) as file:
            while part := file.read(1 << 20):
                digest.update(part)
                size += len(part)
    except OSError as error:
        raise SourceError(f"cannot read `{entry.path}`: {error.strerror or error}; check the disk") from error
    return digest.hexdigest(), size


@contextmanager
def _opened_again(source: LogSource, entry: Listed) -> Iterator[BinaryIO]:
    try:
        file = source.open(entry)
    except SourceError as error:
        raise _LostError(entry.key, str(error)) from error
    with file:
        yield file


def _decode_large(decoder: BatchDecoder, source: LogSource, one: _Fresh) -> None:
    entry = one.wanted.entry
    with _opened_again(source, entry) as file:
        watched = _Hashed(file)
        try:
            decoder.add_large(one.key, cast("BinaryIO", watched), size=one.size)
        except OSError as error:
            raise _LostError(one.key, f"cannot read `{entry.path}`: {error.strerror or error}") from error
    if decoder.found[-1].error is None and watched.digest.hexdigest() != one.etag:
        raise _LostError(one.key, f"`{entry.path}` was written to while it was read")


def _write(
    lake: Lake, sources: Sequence[LogSource], batch_id: str, fresh: Sequence[_Fresh], refused: Mapping[str, str]
) -> EventsManifest:
    etags = {one.key: one.etag for one in fresh}

    def keep(key: str, piece: Broken) -> None:
        set_aside(lake, piece.data, {"object": key, "etag": etags[key], "reason": piece.reason})

    with PartWriter(lake) as writer:
        decoder = BatchDecoder(batch_id, spill=lambda rows: write_days(writer, rows), keep=keep)
        for one in fresh:
            if one.key in refused:
                decoder.found.append(ObjectFound(one.key, error=f"too_large: {refused[one.key]}"))
            elif one.data is not None:
                decoder.add(one.key, one.data)
            else:
                _decode_large(decoder, sources[one.wanted.source], one)
        write_days(writer, decoder.table())
        _write_config(writer, decoder.config_items)
    found = {entry.key: entry for entry in decoder.found}
    ledger = [_ledger_line(lake, sources[one.wanted.source], one, found[one.key]) for one in fresh]
    return commit(lake, batch_id, ledger, writer.parts)


def _write_config(writer: PartWriter, tables: Mapping[str, Sequence[pa.Table]]) -> None:
    """Write Config's items by day of delivery: a snapshot repeats items that were captured on hundreds of days."""
    for day in sorted(tables):
        rows = pa.concat_tables(tables[day])
        if rows.num_rows:
            writer.add("config_items", rows, folder=f"config_items/dt={day}", dt=day)


def _ledger_line(lake: Lake, source: LogSource, one: _Fresh, found: ObjectFound) -> SourceObject:
    """Return the object's line; one that could not be read is set aside whole."""
    status = "not_a_log" if found.kind in _NOT_LOGS else "ingested"
    reason = found.kind if status == "not_a_log" else None
    if found.error is not None:
        status, reason = "set_aside", found.error
        data = one.data
        if data is None:
            with _opened_again(source, one.wanted.entry) as file:
                data = file.read(LARGEST_KEPT)
        set_aside(lake, _without_secrets(data), {"object": one.key, "etag": one.etag, "reason": reason})
    return SourceObject(
        one.key,
        one.etag,
        one.size,
        status,
        reason,
        found.tally.records_in,
        found.tally.kept,
        dict(sorted(found.tally.ignored.items())),
        dict(sorted(found.tally.set_aside.items())),
        found.kind,
        one.wanted.entry.version,
    )


def _without_secrets(data: bytes) -> bytes:
    """Return an object for the quarantine: as it came, or its text without the secrets in it."""
    try:
        text = gunzip(data, limit=LARGEST_KEPT)
    except UnreadableObjectError:
        return data if data.startswith(MAGIC) else mask_bytes(data)
    clean = mask_bytes(text)
    return data if clean == text else clean
