"""Does the lake's work in children that die at a chosen system call, and once more to the end: one JSON line for each.

Run as a script, so that no thread of a test runner is forked. `python killing.py WORK LOGS JOB BATCH_BYTES POINT…`
with JOB one of ingest, workers, care; a POINT is a number, or a number and `half`: the file being written is cut in two.
A system call is counted in this process alone: but for the job `workers`, batches are written here and not in workers.
The point `-1` never comes: that child is the undisturbed one, and its line says how many points there are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd  # noqa: F401  # else pyarrow imports it in every child anew
import pyarrow.parquet as pq

from iamaudit.lake import ledger
from iamaudit.lake.check import check
from iamaudit.lake.lake import MARK, create_lake, find_lake
from iamaudit.lake.problem import BROKEN
from iamaudit.lake.sweep import sweep
from iamaudit.model.tally import total
from iamaudit.stages import ingest as stage
from iamaudit.stages.compact import compact
from iamaudit.stages.ingest import ingest
from iamaudit.stages.ingest_batch import ingest_batch

COUNTED = ("mkdir", "fsync", "replace", "link", "unlink")


def die_at(point, *, half):
    """Make the *point*-th system call that changes the disk this process's last; return the counter."""
    left = [point]
    count = [0]

    def wrapped(name):
        call = getattr(os, name)

        def counted(*arguments, **named):
            if left[0] == 0:
                if half and name == "fsync" and stat.S_ISREG(os.fstat(arguments[0]).st_mode):
                    os.truncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            count[0] += 1
            return (
                None if name == "fsync" else call(*arguments, **named)
            )  # a killed process loses no page of the system's

        return counted

    for name in COUNTED:
        setattr(os, name, wrapped(name))
    return count


class Here:
    """What stands for a worker process, and writes its batches in this one."""

    def __init__(self, *lake_and_sources):
        self.lake_and_sources = lake_and_sources

    def run(self, batch):
        """Write a batch."""
        return ingest_batch(*self.lake_and_sources, batch)

    def stop(self):
        """There is nothing to stop."""


def small_batches(logs, place, batch_bytes, workers=None):
    """Ingest in batches of a few objects."""
    ingest([logs], create_lake(place), batch_bytes=batch_bytes, workers=workers)


def work(job, place, logs, batch_bytes):
    """Do the job to the end."""
    if job == "workers":
        small_batches(logs, place, batch_bytes)
    elif job == "ingest":
        small_batches(logs, place, batch_bytes, workers=1)  # one after the other, so that a point is always the same
    else:
        compact(find_lake(place), before="2026-11-05", more_than=1)
        sweep(find_lake(place), older_than_days=7, yes=True)


def broken_promises(place):
    """Return what `lake check` calls broken."""
    return [problem.as_json() for problem in check(find_lake(place)).problems if problem.severity == BROKEN]


def summary(place):
    """Return what the lake holds, without what depends on how its writers cut their batches."""
    lake = find_lake(place)
    rows = []
    for location in lake.locations(lake.event_parts()):
        rows += pq.read_table(location, partitioning=None).drop_columns(["batch_id"]).to_pylist()
    rows.sort(key=lambda row: (row["event_id"], row["source_key"]))
    objects = list(lake.ledger().objects())
    return {
        "events": len(rows),
        "rows": hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest(),
        "books": total(entry.tally for entry in objects).as_json(),
        "objects": dict(sorted(Counter(entry.status for entry in objects).items())),
        "broken": broken_promises(place),
        "quarantine": sorted(lake.store.list("quarantine/")),
    }


def in_child(task):
    """Run *task* in a forked child; return its exit status and what it answered."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 1
        try:
            answer = json.dumps(task()).encode()
            with os.fdopen(write, "wb") as pipe:
                pipe.write(answer)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    return os.waitpid(child, 0)[1], json.loads(text) if text else None


def rewritten_long_ago(place, logs, batch_bytes):
    """Make a lake with work for a sweep and for a compaction: two days rewritten, all of it old but the newest commit."""
    work("ingest", place, logs, batch_bytes)
    compact(find_lake(place), before="2026-11-03", more_than=1)
    (place / "events" / "dt=2026-11-01" / ".writing-0123456789abcdef").write_bytes(b"half")
    moment = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    for path in place.rglob("*"):
        os.utime(path, (moment, moment))
    os.utime(next(iter(sorted((place / "manifests" / "events").iterdir()))))


def one_point(base, logs, job, batch_bytes, name):
    """Kill one child at a point, then let another finish; return what became of the lake."""
    place = base / f"lake-{name}"
    template = base / "template"
    if template.exists():
        shutil.copytree(template, place)
    number, _, half = name.partition("half")

    def first():
        count = die_at(int(number), half=bool(half or name.endswith("half")))
        work(job, place, logs, batch_bytes)
        return count[0]

    def again():
        die_at(-1, half=False)
        broken = broken_promises(place) if (place / MARK).exists() else []
        work(job, place, logs, batch_bytes)
        return {"right_after": broken, **summary(place)}

    status, calls = in_child(first)
    ended, answer = in_child(again)
    shutil.rmtree(place)
    return {"point": name, "killed": os.WIFSIGNALED(status), "calls": calls, "ended": ended, "lake": answer}


def main():
    """Go through the points given."""
    base, logs, job, batch_bytes, *points = sys.argv[1:]
    ledger.FOLD_AT, ledger.MERGE_AT = 4, 2  # so that checkpoints are made and merged, too
    if job != "workers":
        stage.Worker = Here
    if job == "care":
        template = Path(base) / "template"
        in_child(lambda: rewritten_long_ago(template, logs, int(batch_bytes)))
    for name in points:
        line = one_point(Path(base), logs, job, int(batch_bytes), name)
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
