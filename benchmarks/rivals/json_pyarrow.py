"""json + gzip + pyarrow: the standard library's parser, dicts, Arrow columns from tuples, Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from objects import main, unzip
from rows import SCHEMA, row

_dumps = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)


def work(objects: Sequence[Path], target: Path) -> int:
    """Write the events of *objects* to one Parquet file."""
    rows = []
    for path in objects:
        records = json.loads(unzip(path))["Records"]
        rows += [row(record, path.name, target.stem, _dumps) for record in records]
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
    pq.write_table(pa.table(columns, schema=SCHEMA), target, compression="zstd", compression_level=1)
    return len(rows)


if __name__ == "__main__":
    main(work)
