"""The corpus of the benchmarks: the same for everybody, and nothing in it twice."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[3] / "benchmarks" / "corpus.py"


def made(directory: Path, *, jobs: int) -> dict:
    command = [sys.executable, CORPUS, "--events", "1500", "--days", "5", "--to", directory, "--jobs", str(jobs)]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    return json.loads(told.stdout)


def records(directory: Path) -> list[dict]:
    objects = sorted(directory.rglob("*.json.gz"))
    return [record for path in objects for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]]


def test_the_corpus_is_the_same_however_many_processes_make_it(tmp_path):
    one = made(tmp_path / "one", jobs=1)
    two = made(tmp_path / "two", jobs=2)

    assert one | {"directory": ""} == two | {"directory": ""}


def test_no_event_of_the_corpus_is_there_twice(tmp_path):
    told = made(tmp_path / "corpus", jobs=1)

    ids = [record["eventID"] for record in records(tmp_path / "corpus")]

    assert told["events"] == len(ids) == len(set(ids)) > 1000


def test_a_corpus_that_is_there_is_not_made_again(tmp_path):
    first = made(tmp_path / "corpus", jobs=1)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "corpus").rglob("*.gz")}

    second = made(tmp_path / "corpus", jobs=1)

    assert (first, written) == (second, {path: path.stat().st_mtime_ns for path in written})
