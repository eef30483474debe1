"""lake compact: closed days into few sorted files, proven to hold the same rows before they take the old ones' place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.engine.sort import contents, sorted_batches
from iamaudit.errors import PromiseBrokenError, SourceError
from iamaudit.lake.compact import ORDER, Rewriting, commit, due, write_files
from iamaudit.lake.lake import Lake
from iamaudit.ports import Progress

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
    old = lake.locations(list(work.parts))
    schema = _schema(old)
    with TemporaryDirectory(prefix="iamaudit-sort-") as folder:
        spill = Path(folder)
        by = [name for name in ORDER if name in schema.names]
        with sorted_batches(old, schema.names, by, spill=spill) as batches:
            parts = write_files(lake, work, batches, schema)
        new = lake.locations(list(parts))
        if contents(old, schema.names, spill=spill) != contents(new, schema.names, spill=spill):
            raise PromiseBrokenError(
                f"rewriting {work.dt} of `{work.table}` changed its rows; nothing was replaced, run `iamaudit lake check`"
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


def _schema(locations: list[str]) -> pa.Schema:
    """Return the columns of all files: an earlier version wrote fewer."""
    try:
        return pa.unify_schemas([pq.read_schema(location) for location in locations]).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"a file of the day cannot be read: {str(error).splitlines()[0]}; run `iamaudit lake check`"
        ) from error
