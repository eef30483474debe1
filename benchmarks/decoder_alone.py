"""The decoder, or its slow twin, over a corpus in one process: `decoder_alone.py CHECKOUT CORPUS quick|slow|unzip`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

BATCH_BYTES = 12 << 20  # compressed
Work = Callable[[Sequence[Path]], int]


def _quick() -> Work:
    from iamaudit.formats.decoder import BatchDecoder  # noqa: PLC0415  # of the checkout that is measured

    def work(paths: Sequence[Path]) -> int:
        rows = 0

        def spill(table: object) -> None:
            nonlocal rows
            rows += table.num_rows  # type: ignore[attr-defined]  # an Arrow table

        decoder = BatchDecoder("benchmark", spill=spill)
        for path in paths:
            decoder.add(path.name, path.read_bytes())
        return rows + decoder.table().num_rows

    return work


def _slow() -> Work:
    import msgspec  # noqa: PLC0415  # as above
    from isal import igzip  # noqa: PLC0415
    from slow_decoder import slow_row  # noqa: PLC0415  # of tests/oracles

    def work(paths: Sequence[Path]) -> int:
        # the twin takes records as bytes; cutting an object into records is not its business
        texts = (igzip.decompress(path.read_bytes()) for path in paths)
        records = (
            raw for text in texts for raw in msgspec.json.decode(text, type=dict[str, list[msgspec.Raw]])["Records"]
        )
        return sum(slow_row(bytes(raw))[0] is not None for raw in records)

    return work


def _unzip() -> Work:
    from isal import igzip  # noqa: PLC0415  # as above

    return lambda paths: sum(igzip.decompress(path.read_bytes()).count(b'"eventID":"') for path in paths)


def _batches(paths: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in paths:
        batch.append(path)
        size += path.stat().st_size
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def main() -> None:
    """Decode every object, batch after batch, and print events and CPU seconds without start-up."""
    checkout, corpus, which = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    sys.path[:0] = [str(checkout), str(checkout / "tests" / "oracles")]
    work = {"quick": _quick, "slow": _slow, "unzip": _unzip}[which]()
    paths = sorted(corpus.rglob("*.json.gz"), key=lambda path: (path.parts[-4:-1], path.name))
    work(paths[:1])  # what is made on first use is made
    started = time.process_time()
    events = sum(map(work, _batches(paths)))
    print(json.dumps({"events": events, "cpu": time.process_time() - started}))


if __name__ == "__main__":
    main()
