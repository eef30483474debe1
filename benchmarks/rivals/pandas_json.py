"""pandas + json: what most notebooks do, with every column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from objects import main, unzip
from rows import NAMES, SCHEMA, row

_dumps = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)


def work(objects: Sequence[Path], target: Path) -> int:
    """Write the events of *objects* to one Parquet file."""
    rows = []
    for path in objects:
        for record in json.loads(unzip(path))["Records"]:
            rows.append(row(record, path.name, target.stem, _dumps))
    frame = pd.DataFrame(rows, columns=NAMES)
    frame.to_parquet(target, schema=SCHEMA, compression="zstd", compression_level=1, index=False)
    return len(frame)


if __name__ == "__main__":
    main(work)
