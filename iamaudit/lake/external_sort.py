"""Sorts more rows than memory holds: runs of a bounded size are sorted and put on disk, then merged batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

RUN_BYTES = 64 << 20  # in memory while it is sorted
BATCH_BYTES = 256 << 10  # on disk, so that many runs can be merged
MERGE_BYTES = 64 << 20  # of all runs in memory while they are merged
FAN_IN = 200  # runs that are merged at once: open files
_KEY = "__key"
_ZERO = 1 << 62  # makes times before 1970 positive, so that their digits sort like themselves


def sort_rows(
    unsorted: Iterable[pa.RecordBatch], in_order: Iterable[pa.RecordBatch], *, by: Sequence[str], spill: Path
) -> Iterator[pa.RecordBatch]:
    """Yield all rows of both streams in the order of the columns *by*; *in_order* has that order already.

    Nulls come first. *spill* is a folder for as many bytes as *unsorted* has. No row is lost or doubled even if
    *in_order* is not in order; only the result is not either then.
    """
    names = (spill / f"run-{number}" for number in count())
    runs = [_write(run, next(names)) for run in _runs(unsorted, by)]
    while len(runs) > FAN_IN:
        merged = _write_stream(_merge(_read_all(runs[:FAN_IN])), next(names))
        for run in runs[:FAN_IN]:
            run.unlink()
        runs = [*runs[FAN_IN:], merged]
    streams = [*_read_all(runs), (_keyed(batch, by) for batch in in_order)]
    for table in _merge(streams):
        yield from table.drop_columns([_KEY]).to_batches()


def _runs(batches: Iterable[pa.RecordBatch], by: Sequence[str]) -> Iterator[pa.Table]:
    """Cut a stream into sorted tables of about `RUN_BYTES`."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(_keyed(batch, by))
        size += waiting[-1].nbytes
        if size >= RUN_BYTES:
            yield _in_order(waiting)
            waiting, size = [], 0
    if waiting:
        yield _in_order(waiting)


def _in_order(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    table = pa.Table.from_batches(batches)
    return table.take(pc.sort_indices(table[_KEY]))


def _keyed(batch: pa.RecordBatch, by: Sequence[str]) -> pa.RecordBatch:
    """Add one text that sorts like the columns *by*."""
    parts = []
    for name in by:
        column = batch.column(name)
        if pa.types.is_timestamp(column.type):
            number = pc.add(column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64()), _ZERO)
            parts.append(pc.utf8_lpad(pc.fill_null(number, 0).cast(pa.string()), 20, "0"))
        else:
            parts.append(pc.fill_null(column.cast(pa.string()), ""))
    return batch.append_column(_KEY, pc.binary_join_element_wise(*parts, "\0"))


def _merge(streams: Iterable[Iterator[pa.RecordBatch]]) -> Iterator[pa.Table]:
    """Yield the rows of sorted streams in order: again and again all that is not after any stream's last row in hand."""
    heads = [(head, stream) for stream in streams if (head := _next(stream)) is not None]
    while heads:
        frontier = min(head.column(_KEY)[-1].as_py() for head, _ in heads)
        due: list[pa.RecordBatch] = []
        following = []
        for head, stream in heads:
            ready = pc.sum(pc.less_equal(head.column(_KEY), frontier)).as_py() or 0
            due.append(head.slice(0, ready))
            rest = head.slice(ready) if ready < head.num_rows else _next(stream)
            if rest is not None:
                following.append((rest, stream))
        heads = following
        yield _in_order(due)


def _next(stream: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    return next((batch for batch in stream if batch.num_rows), None)


def _write(table: pa.Table, path: Path) -> Path:
    return _write_stream([table], path)


def _write_stream(tables: Iterable[pa.Table], path: Path) -> Path:
    writer: pa.RecordBatchFileWriter | None = None
    with pa.OSFile(str(path), "wb") as file:
        for table in tables:
            if writer is None:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                writer = pa.ipc.new_file(file, table.schema, options=options)
            rows = max(1, table.num_rows * BATCH_BYTES // max(table.nbytes, 1))
            writer.write_table(table, max_chunksize=rows)
        if writer is not None:
            writer.close()
    return path


def _read_all(paths: Sequence[Path]) -> list[Iterator[pa.RecordBatch]]:
    return [_read(path, MERGE_BYTES // len(paths)) for path in paths]


def _read(path: Path, at_once: int) -> Iterator[pa.RecordBatch]:
    """Yield a run's rows, some batches at once: each step of a merge costs the same however many rows it moves."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    with pa.OSFile(str(path), "rb") as file:
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            waiting.append(reader.get_batch(number))
            size += waiting[-1].nbytes
            if size >= at_once or number + 1 == reader.num_record_batches:
                yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
                waiting, size = [], 0
