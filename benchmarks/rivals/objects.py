"""What the rivals written in Python share: the objects in batches, two processes, one line of JSON at the end."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

BATCH_BYTES = 4 << 20  # compressed: some thirty thousand events, and Python objects of half a gigabyte
Work = Callable[[Sequence[Path], Path], int]  # objects and the Parquet file to write -> events


def batches(corpus: Path) -> list[list[Path]]:
    """Return the corpus' objects by delivery day, cut into batches."""
    objects = sorted(corpus.rglob("*.json.gz"), key=lambda path: (path.parts[-4:-1], path.name))
    found: list[list[Path]] = [[]]
    size = 0
    for path in objects:
        if size >= BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(path)
        size += path.stat().st_size
    return found


def main(work: Work, *, processes: int = 2) -> None:
    """Do the *work* on the corpus and into the folder that the command line names, and print how many events it saw."""
    corpus, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    todo = batches(corpus)
    targets = [out / f"part-{number:05}.parquet" for number in range(len(todo))]
    if processes == 1:
        events = sum(map(work, todo, targets))
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            events = sum(pool.map(work, todo, targets))
    print(json.dumps({"events": events}))


def unzip(path: Path) -> bytes:
    """Return an object's text by the standard library."""
    return gzip.decompress(path.read_bytes())
