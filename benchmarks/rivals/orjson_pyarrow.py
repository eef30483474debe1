"""orjson + isal + pyarrow: the fastest general parser, dicts, Arrow columns from tuples, Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip
from objects import main
from rows import SCHEMA, row


def work(objects: Sequence[Path], target: Path) -> int:
    """Write the events of *objects* to one Parquet file."""
    rows = []
    for path in objects:
        records = orjson.loads(igzip.decompress(path.read_bytes()))["Records"]
        rows += [row(record, path.name, target.stem, _dumps) for record in records]
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
    pq.write_table(pa.table(columns, schema=SCHEMA), target, compression="zstd", compression_level=1)
    return len(rows)


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


if __name__ == "__main__":
    main(work)
