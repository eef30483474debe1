"""From log objects to parts and a manifest: batch by batch, each whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, to_bytes
from iamaudit.model.tally import Tally, total

BATCH_BYTES = 12 << 20  # compressed; about a hundred thousand records


@dataclass(frozen=True, slots=True)
class LogObject:
    """The bytes of one source object, under its ledger key."""

    key: str
    data: bytes

    @property
    def etag(self) -> str:
        """The content hash that the ledger remembers."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class DecodedObject:
    """What the decoder made of one object: rows, books, and pieces to set aside; or why it could not be read."""

    table: pa.Table | None
    tally: Tally
    pieces: tuple[tuple[str, bytes], ...] = ()  # (reason, bytes)
    status: str = "ingested"
    reason: str | None = None


Decoder = Callable[[LogObject, str], DecodedObject]


def batches(objects: Iterable[LogObject], *, limit: int = BATCH_BYTES) -> Iterator[list[LogObject]]:
    """Cut a stream of objects into batches of about *limit* bytes; the cut depends on nothing else."""
    batch: list[LogObject] = []
    size = 0
    for entry in objects:
        batch.append(entry)
        size += len(entry.data)
        if size >= limit:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def batch_id_of(batch: Iterable[LogObject]) -> str:
    """Return the batch's name: the same objects always make the same batch."""
    text = "\n".join(sorted(f"{entry.key}\x1f{entry.etag}" for entry in batch))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def ingest_batch(lake: Lake, batch: list[LogObject], decode: Decoder) -> EventsManifest:
    """Write a batch's parts and quarantine, check the books, then commit with its manifest."""
    batch_id = batch_id_of(batch)
    tables: list[pa.Table] = []
    ledger: list[SourceObject] = []
    for entry in batch:
        found = decode(entry, batch_id)
        if found.table is not None and found.table.num_rows:
            tables.append(found.table)
        for reason, data in found.pieces:
            set_aside(lake, data, {"object": entry.key, "etag": entry.etag, "reason": reason})
        if found.status == "set_aside":
            set_aside(lake, entry.data, {"object": entry.key, "etag": entry.etag, "reason": found.reason or ""})
        books = found.tally
        ledger.append(
            SourceObject(
                entry.key,
                entry.etag,
                len(entry.data),
                found.status,
                reason=found.reason,
                records_in=books.records_in,
                kept=books.kept,
                ignored=dict(sorted(books.ignored.items())),
                set_aside=dict(sorted(books.set_aside.items())),
            )
        )
    manifest = EventsManifest(batch_id, tuple(ledger), tuple(write_events(lake, tables)))
    manifest.check()
    lake.store.write(f"manifests/events/{batch_id}.json", to_bytes(manifest))
    return manifest


def write_events(lake: Lake, tables: list[pa.Table]) -> Iterator[Part]:
    """Write one part for each event day; inside, rows run by account and time, so that row groups prune."""
    if not tables:
        return
    rows = pa.concat_tables(tables)
    days = pc.strftime(rows["event_time"], format="%Y-%m-%d")
    rows = rows.append_column("dt", days).sort_by(
        [("dt", "ascending"), ("account_id", "ascending"), ("event_time", "ascending"), ("event_id", "ascending")]
    )
    start = 0
    lengths = pc.run_end_encode(rows["dt"].combine_chunks())
    for day, end in zip(lengths.values.to_pylist(), lengths.run_ends.to_pylist(), strict=True):
        part = rows.slice(start, end - start).drop_columns(["dt"])
        yield lake.write_part("events", part, folder=f"events/dt={day}", dt=day)
        start = end


def set_aside(lake: Lake, data: bytes, about: Mapping[str, str]) -> None:
    """Keep bytes that could not be read, with the reason beside them; the same bytes may have several reasons."""
    digest = hashlib.sha256(data).hexdigest()[:32]
    note = msgspec.json.encode(about, order="sorted")
    lake.store.write(f"quarantine/{digest}.bin", data)
    lake.store.write(f"quarantine/{digest}.why-{hashlib.sha256(note).hexdigest()[:8]}.json", note)


def books(manifests: Iterable[EventsManifest]) -> Tally:
    """Return the books of several commits together."""
    return total(entry.tally for manifest in manifests for entry in manifest.objects)
