"""What Parquet files hold, whatever the order of their rows: a count and a sum of hashes, to compare two sets of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from iamaudit.errors import SourceError

MEMORY = "512MB"


class Contents(NamedTuple):
    """Equal for two sets of files that hold the same rows, each as often."""

    rows: int
    hashes: int


def contents(locations: Sequence[str], columns: Sequence[str]) -> Contents:
    """Count and hash the rows of some files; a column that a file lacks is null."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set memory_limit = $limit", {"limit": MEMORY})
        rows = connection.read_parquet(list(locations), union_by_name=True, hive_partitioning=False)
        hashed = f"coalesce(sum(hash({', '.join(map(_quoted, columns))})::hugeint), 0)"
        count, hashes = rows.aggregate(f"count(*), {hashed}").fetchall()[0]
        return Contents(int(count), int(hashes))
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise SourceError(
            f"the day's files cannot be compared: {first}; run `iamaudit lake check --lake LAKE`"
        ) from error
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
