"""lake compact: closed days into few sorted files, proven to hold the same rows before they take the old ones' place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.engine.contents import contents
from iamaudit.errors import PromiseBrokenError, SourceError
from iamaudit.lake.compact import ORDER, Rewriting, commit, due, write_files
from iamaudit.lake.external_sort import sort_rows
from iamaudit.lake.lake import Lake
from iamaudit.ports import Progress

ROWS_AT_ONCE = 2_048  # wide records are a hundred kilobytes and more
MORE_THAN = 4  # files of a day that no rewriting made: fewer are not worth the reading and writing


@dataclass(frozen=True, slots=True)
class CompactedDay:
    """One day that was rewritten."""

    table: str
    dt: str
    rows: int
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int

    def as_json(self) -> dict[str, object]:
        """Return the line of `lake compact --json`."""
        return {name: getattr(self, name) for name in self.__slots__}


def compact(
    lake: Lake, *, before: str, more_than: int = MORE_THAN, progress: Progress | None = None
) -> list[CompactedDay]:
    """Rewrite the days before *before* (YYYY-MM-DD) that lie in many files; no answer changes.

    Killed anywhere, it leaves whole days done and the others as they were. The old files stay for the sweep.
    """
    work = list(due(lake, before=before, more_than=more_than))
    done: list[CompactedDay] = []
    for number, day in enumerate(work, 1):
        if (rewritten := _rewrite(lake, day)) is not None:
            done.append(rewritten)
        if progress is not None:
            progress(number, len(work), "days to rewrite")
    return done


def _rewrite(lake: Lake, work: Rewriting) -> CompactedDay | None:
    held = len(work.base.parts) if work.base else 0  # these come first, and their rows are in order
    old = lake.locations(list(work.parts))
    try:
        schema = pa.unify_schemas([pq.read_schema(location).remove_metadata() for location in old])
        by = [name for name in ORDER if name in schema.names]
        with TemporaryDirectory(prefix="iamaudit-sort-") as folder:
            rows = sort_rows(_rows(old[held:], schema), _rows(old[:held], schema), by=by, spill=Path(folder))
            parts = write_files(lake, work, rows, schema)
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"{work.dt} of `{work.table}` cannot be rewritten: {str(error).splitlines()[0]}; free some space, or run "
            "`iamaudit lake check --lake LAKE`"
        ) from error
    if contents(old, schema.names) != contents(lake.locations(list(parts)), schema.names):
        raise PromiseBrokenError(
            f"rewriting {work.dt} of `{work.table}` changed its rows; nothing was replaced, run `iamaudit lake check --lake LAKE`"
        )
    if commit(lake, work, parts) is None:
        return None  # another writer was quicker; its files hold the same
    return CompactedDay(
        work.table,
        work.dt,
        work.rows,
        len(work.parts),
        len(parts),
        sum(part.bytes for part in work.parts),
        sum(part.bytes for part in parts),
    )


def _rows(locations: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of files one after the other; a column that an earlier version did not write is null."""
    for location in locations:
        with pq.ParquetFile(location) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                columns = [
                    batch.column(field.name).cast(field.type)
                    if field.name in batch.schema.names
                    else pa.nulls(batch.num_rows, field.type)
                    for field in schema
                ]
                yield pa.record_batch(columns, schema=schema)
