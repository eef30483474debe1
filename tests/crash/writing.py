"""Several writers at once on one lake, each in its own process that starts when all are ready; round after round.

`python writing.py WORK ROUNDS WRITER…` with WRITER `LOGS=BATCH_BYTES`, or `compact`. The lakes stay: WORK/lake-0, …
A writer writes its batches itself, and with `LOGS=BATCH_BYTES+` in workers of its own.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from iamaudit.lake import ledger
from iamaudit.lake.lake import create_lake
from iamaudit.stages import ingest as stage
from iamaudit.stages.compact import compact
from tests.crash.killing import Here, small_batches


def write(place, writer):
    """Do one writer's work."""
    if writer == "compact":
        rewritten, end = 0, time.monotonic() + 1
        while rewritten < 8 and time.monotonic() < end:  # several times while the others write
            time.sleep(0.02)
            rewritten += len(compact(create_lake(place), before="2026-12-01", more_than=1))
        return
    logs, _, batch_bytes = writer.rpartition("=")
    if not batch_bytes.endswith("+"):
        stage.Worker = Here
    small_batches(logs, place, int(batch_bytes.removesuffix("+")))


def main():
    """Run the rounds; the exit code is the number of writers that failed."""
    work, rounds, *writers = sys.argv[1:]
    ledger.FOLD_AT, ledger.MERGE_AT = 4, 2  # so that checkpoints are made and merged meanwhile
    failed = 0
    for number in range(int(rounds)):
        place = Path(work) / f"lake-{number}"
        create_lake(place)
        ready, go = os.pipe()
        children = []
        for writer in writers:
            child = os.fork()
            if child == 0:
                os.close(go)
                os.read(ready, 1)  # until the parent closes its end
                code = 1
                try:
                    write(place, writer)
                    code = 0
                finally:
                    os._exit(code)
            children.append(child)
        os.close(ready)
        os.close(go)
        failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
    sys.exit(min(failed, 100))


if __name__ == "__main__":
    main()
