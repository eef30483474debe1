"""Writing a batch: parts by event day, what was set aside, and the manifest last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, to_bytes
from iamaudit.lake.parts import PartWriter

LONG_RUN: Final = 64  # rows of one day and account behind each other, on average: shorter ones are cheaper to copy
_DAY = 86_400_000_000  # microseconds


def batch_id_of(objects: Iterable[tuple[str, str]]) -> str:
    """Return the name of a batch of (key, etag) pairs: the same objects always make the same batch."""
    text = "\n".join(sorted(f"{key}\x1f{etag}" for key, etag in objects))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def commit(lake: Lake, batch_id: str, objects: Sequence[SourceObject], parts: Sequence[Part]) -> EventsManifest:
    """Check the books, then make the batch exist; a writer that commits the same batch has written the same."""
    manifest = EventsManifest(batch_id, tuple(objects), tuple(parts))
    manifest.check()
    lake.store.write_new(f"manifests/events/{batch_id}.json", to_bytes(manifest))
    return manifest


def write_days(writer: PartWriter, rows: pa.Table) -> None:
    """Write one part for each event day; inside, rows run by account, so that row groups prune.

    Objects come by day and account, so the rows mostly stand in this order already and nothing is moved.
    """
    if not rows.num_rows:
        return
    micros = rows["event_time"].combine_chunks().cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    days = np.floor_divide(micros, _DAY)
    account = pc.fill_null(rows["account_id"].combine_chunks(), "").dictionary_encode()
    rank = np.argsort(np.argsort(np.array(account.dictionary.to_pylist())))
    order = days * (len(rank) + 1) + rank[account.indices.to_numpy()]
    if (order[1:] < order[:-1]).any():
        rows, days = _in_order(rows, order), np.sort(days)
    edges = np.flatnonzero(np.diff(days)) + 1
    for start, end in zip([0, *edges], [*edges, len(days)], strict=True):
        day = str(np.datetime64(int(days[start]), "D"))
        part = rows.slice(start, end - start)
        if len(edges):
            part = _with_used_values(part)
        writer.add("events", part, folder=f"events/dt={day}", dt=day)


def _in_order(rows: pa.Table, order: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
    """Return *rows* sorted by *order*, equal ones as they stood; nothing is copied where long runs only change places."""
    starts = np.flatnonzero(np.diff(order, prepend=order[0] - 1))
    if len(starts) * LONG_RUN > len(order):
        return rows.take(pa.array(np.argsort(order, kind="stable")))
    ends = np.append(starts[1:], len(order))
    runs = np.argsort(order[starts], kind="stable")
    return pa.concat_tables([rows.slice(starts[run], ends[run] - starts[run]) for run in runs])


def _with_used_values(rows: pa.Table) -> pa.Table:
    """Drop from dictionary-coded columns the values that only other days have: a file holds its whole dictionary."""
    for number, name in enumerate(rows.column_names):
        if pa.types.is_dictionary(rows.schema.field(name).type):
            column = rows.column(number).combine_chunks()
            indices = column.indices.fill_null(-1).to_numpy()
            used = np.zeros(len(column.dictionary) + 1, np.bool_)
            used[indices] = True
            used[-1] = False  # where -1, a null, has set its mark
            moved = (np.cumsum(used) - 1).astype(np.int32)[indices]
            values = column.dictionary.take(pa.array(np.flatnonzero(used)))
            fresh = pa.DictionaryArray.from_arrays(pa.array(moved, mask=indices < 0), values)
            rows = rows.set_column(number, name, fresh)
    return rows


def set_aside(lake: Lake, data: bytes, about: Mapping[str, str]) -> None:
    """Keep bytes that could not be read, with the reason beside them; the same bytes may have several reasons."""
    digest = hashlib.sha256(data).hexdigest()[:32]
    note = msgspec.json.encode(about, order="sorted")
    lake.store.write_new(f"quarantine/{digest}.bin", data)
    lake.store.write_new(f"quarantine/{digest}.why-{hashlib.sha256(note).hexdigest()[:8]}.json", note)
