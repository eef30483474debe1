"""The decoder, or its slow twin, over a corpus in one process: `decoder_alone.py CHECKOUT CORPUS quick|slow|unzip`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def _quick() -> Callable[[bytes], int]:
    from iamaudit.sources.cloudtrail import decode  # noqa: PLC0415  # of the checkout that is measured

    def work(data: bytes) -> int:
        found = decode(data)
        return 0 if found.table is None else int(found.table.num_rows)

    return work


def _slow() -> Callable[[bytes], int]:
    from slow_decoder import slow_row  # noqa: PLC0415  # of tests/oracles

    def work(data: bytes) -> int:
        # the twin takes records as bytes; cutting an object into records is not its business
        return sum(slow_row(bytes(raw))[0] is not None for raw in _records(data))

    return work


def _records(data: bytes) -> list[object]:
    import msgspec  # noqa: PLC0415  # as above
    from isal import igzip  # noqa: PLC0415

    return msgspec.json.decode(igzip.decompress(data), type=dict[str, list[msgspec.Raw]])["Records"]


def _unzip() -> Callable[[bytes], int]:
    from isal import igzip  # noqa: PLC0415  # as above

    return lambda data: igzip.decompress(data).count(b'"eventID":"')


def main() -> None:
    """Decode every object, one after the other, and print events and CPU seconds without start-up."""
    checkout, corpus, which = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    sys.path[:0] = [str(checkout), str(checkout / "tests" / "oracles")]
    work = {"quick": _quick, "slow": _slow, "unzip": _unzip}[which]()
    paths = sorted(corpus.rglob("*.json.gz"))
    work(paths[0].read_bytes())  # what is made on first use is made
    started = time.process_time()
    events = sum(work(path.read_bytes()) for path in paths)
    print(json.dumps({"events": events, "cpu": time.process_time() - started}))


if __name__ == "__main__":
    main()
