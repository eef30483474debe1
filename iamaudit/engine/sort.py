"""Sorts Parquet files that need not fit in memory together: batches come out in order, what is too much is spilled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from iamaudit.errors import SourceError

BATCH_ROWS = 2_048  # wide records are a hundred kilobytes and more
MEMORY = "768MB"


class Contents(NamedTuple):
    """What some files hold, whatever the order of their rows."""

    rows: int
    hashes: int  # the sum over all rows


@contextmanager
def sorted_batches(
    locations: Sequence[str], columns: Sequence[str], by: Sequence[str], *, spill: Path
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Hand out the rows of the files at *locations* in the order of *by*; *spill* is a folder for what is too much."""
    with _connection(spill) as connection:
        try:
            rows = connection.read_parquet(list(locations), union_by_name=True, hive_partitioning=False)
            order = ", ".join(f"{_quoted(name)} nulls first" for name in by)
            reader = rows.select(", ".join(map(_quoted, columns))).order(order).to_arrow_reader(BATCH_ROWS)
            yield iter(reader)
        except (duckdb.Error, pa.ArrowException) as error:
            raise _failed(error) from error


def contents(locations: Sequence[str], columns: Sequence[str], *, spill: Path) -> Contents:
    """Count and hash the rows of some files."""
    with _connection(spill) as connection:
        try:
            rows = connection.read_parquet(list(locations), union_by_name=True, hive_partitioning=False)
            hashed = f"coalesce(sum(hash({', '.join(map(_quoted, columns))})::hugeint), 0)"
            count, hashes = rows.aggregate(f"count(*), {hashed}").fetchall()[0]
            return Contents(int(count), int(hashes))
        except duckdb.Error as error:
            raise _failed(error) from error


@contextmanager
def _connection(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set memory_limit = $limit", {"limit": MEMORY})
        connection.execute("set temp_directory = $folder", {"folder": str(spill)})
        yield connection
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _failed(error: Exception) -> SourceError:
    first = str(error).splitlines()[0]
    return SourceError(f"the day's files cannot be sorted: {first}; free some space, or run `iamaudit lake check`")
