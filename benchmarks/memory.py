"""Peak memory of ingest: many events, wide records, one giant record, one giant object.

    python benchmarks/memory.py [--large] [--write]

Without `--large` the event counts are 100 k and 400 k and the giants a tenth; with it 2 M and 6 M, a record of 100 MB
and an object that is 1 GB when unzipped. Memory should be flat and under 1.5 GB in each row.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import checkout as checkouts
import corpus as corpora
from figures import HERE, keep, markdown, megabytes
from isal import igzip

LIMIT = 1_500_000_000
NAME = "111122223333_CloudTrail_eu-west-1_20261120T{:04}Z_{:016x}.json.gz"


def main() -> None:
    """Ingest every input into an empty lake and print the peaks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    checkout = given.checkout.resolve()
    counts = (2_000_000, 6_000_000) if given.large else (100_000, 400_000)
    giant = 10 if given.large else 1
    inputs = {f"{count:,} events": corpora.cached(count) for count in counts}
    sample = json.loads(igzip.decompress(next(corpora.paths(next(iter(inputs.values())))).read_bytes()))["Records"]
    corpora.CACHE.mkdir(exist_ok=True)
    rows = []
    figures = {}
    with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
        work = Path(folder)
        inputs["records of 100 KB to 1 MB"] = _wide(work / "wide", sample, count=200 * giant)
        inputs[f"one record of {10 * giant} MB"] = _one_record(work / "record", sample, 10_000_000 * giant)
        inputs[f"one object of {100 * giant} MB unzipped"] = _one_object(work / "object", sample, 100_000_000 * giant)
        for number, (name, source) in enumerate(inputs.items()):
            cost = checkouts.run_cli(checkout, "ingest", source, "--lake", work / f"lake-{number}", "--json")
            told = json.loads(cost.output)["records"] if cost.output else {"in": 0, "kept": 0}
            figures[name] = {"peak_rss": cost.peak_rss, "exit_code": cost.code, "records": told}
            peak = megabytes(cost.peak_rss)
            rows.append(
                [
                    name,
                    f"**{peak}**" if cost.peak_rss > LIMIT else peak,
                    f"{cost.cpu:.1f}",
                    f"{cost.wall:.1f}",
                    f"{told['in']:,}",
                    f"{told['kept']:,}",
                    str(cost.code),
                ]
            )
            print(f"{name}: {peak} MB, {cost.cpu:.1f} CPU s; {cost.errors[-300:]}", file=sys.stderr)
    table = markdown(["input", "peak MB", "CPU s", "wall s", "records in", "kept", "exit code"], rows)
    keep("memory", figures, table, write=given.write)


def _wide(folder: Path, sample: list[dict[str, object]], *, count: int) -> Path:
    """Write *count* records whose parameters are 100 KB to 1 MB of text that hardly compresses, twenty an object."""
    rng = Random("wide")
    folder.mkdir()
    for number in range(0, count, 20):
        records = (
            _padded(sample[n % len(sample)], rng.randrange(100_000, 1_000_000), rng, f"{number + n:032x}")
            for n in range(20)
        )
        _write(folder / NAME.format(number % 1440, number), records)
    return folder


def _one_record(folder: Path, sample: list[dict[str, object]], size: int) -> Path:
    """Write one object of one record between two usual ones."""
    rng = Random("giant")
    folder.mkdir()
    _write(folder / NAME.format(1, 1), (_padded(sample[0], n, rng, f"{n:032x}") for n in (10, size, 20)))
    return folder


def _one_object(folder: Path, sample: list[dict[str, object]], size: int) -> Path:
    """Write one object of many usual records."""
    rng = Random("object")
    folder.mkdir()
    count = size // 1_500
    _write(folder / NAME.format(2, 2), (_padded(sample[n % len(sample)], 200, rng, f"{n:032x}") for n in range(count)))
    return folder


def _padded(record: dict[str, object], size: int, rng: Random, event: str) -> bytes:
    note = rng.randbytes(size // 2).hex()
    return json.dumps({**record, "eventID": event, "requestParameters": {"policyDocument": note}}).encode()


def _write(path: Path, records: Iterator[bytes]) -> None:
    """Write an object record by record, so that making it needs no memory."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        before = b'{"Records":['
        for record in records:
            file.write(packer.compress(before + record))
            before = b","
        file.write(packer.compress(b"]}") + packer.flush())


if __name__ == "__main__":
    main()
