"""Principals worked out in processes of their own: their order, and what comes of them, is as in one process.

A worker is our own interpreter that calls `start` here, as `ingest_worker` has it: what all principals share comes in first,
then one principal after the other, and each answer goes out behind its length.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, Final

from iamaudit.errors import IamAuditError, SourceError
from iamaudit.ports import Progress
from iamaudit.recommend.known import Known
from iamaudit.stages.ingest_worker import pickled_error, read_message, write_message
from iamaudit.stages.sent_entries import Entry, Receiver, sent

WORTH_A_PROCESS: Final = 60  # principals below which starting other processes takes longer than working them out
_START: Final = "import sys; sys.path[:] = sys.argv[1:]; from iamaudit.stages.recommend_worker import start; start()"

Work = Callable[[Any], Any]  # of an entry


def worked_out(
    found: Sequence[Entry],
    work: Work,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    what: str = "principals",
) -> list[Any]:
    """Return what *work* makes of each of *found*, in their order; raises what went wrong in a worker.

    *work* must be one that pickles: a function of a module, or a `partial` of one. *workers*: processes (default: one for
    each core); few principals are worked out here.
    """
    most = (os.cpu_count() or 1) if workers is None else workers
    if most < 2 or len(found) < WORTH_A_PROCESS:
        results = []
        for done, entry in enumerate(found, 1):
            results.append(work(entry))
            if progress is not None:
                progress(done, len(found), what)
        return results
    return _shared_out(found, work, most, progress, what)


def _shared_out(found: Sequence[Entry], work: Work, workers: int, progress: Progress | None, what: str) -> list[Any]:
    waiting: SimpleQueue[int] = SimpleQueue()
    for place in range(len(found)):
        waiting.put(place)
    results: list[Any] = [None] * len(found)
    done = count(1)

    def serve_one() -> None:
        worker = _Worker(work, found[0].known)
        try:
            while True:
                try:
                    place = waiting.get_nowait()
                except Empty:
                    return
                results[place] = worker.ask(found[place])
                number = next(done)
                if progress is not None:
                    progress(number, len(found), what)
        except BaseException:
            while not waiting.empty():  # the others need not go on
                waiting.get()
            raise
        finally:
            worker.stop()

    with ThreadPoolExecutor(workers) as threads:
        for future in [threads.submit(serve_one) for _ in range(workers)]:
            future.result()
    return results


class _Worker:
    """One process that works out principals for us, one at a time."""

    def __init__(self, work: Work, known: Known) -> None:
        self._known = known
        paths = [*filter(None, sys.path), str(Path(__file__).parents[2])]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-c", _START, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
        )
        self._send((work, known))

    def ask(self, entry: Entry) -> Any:
        """Have one principal worked out; raises what went wrong there, `SourceError` when the process itself died."""
        self._send(sent(entry, self._known))
        try:
            answer = pickle.loads(read_message(self._process.stdout))  # type: ignore[arg-type]  # noqa: S301  # from our own child
        except EOFError as error:
            raise self._died() from error
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        """Let the process go."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass  # what it did not read before it ended
        self._process.wait()

    def _send(self, value: object) -> None:
        try:
            write_message(self._process.stdin, pickle.dumps(value))  # type: ignore[arg-type]  # a pipe, by Popen's arguments
        except OSError as error:
            raise self._died() from error

    def _died(self) -> SourceError:
        return SourceError(
            f"a worker process ended with code {self._process.wait()}: the machine may be short of memory; run it again, "
            "bundles are written whole or not at all"
        )


def start() -> None:
    """Be a worker; an interrupt at the keyboard is for the parent, which ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000, 20, 100)  # what a principal is made of lives until it is done, and is in no ring
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an answer
    try:
        serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the parent is gone: nobody reads what is still to be flushed


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Work out principals until the input ends, which raises `EOFError`."""
    work, known = pickle.loads(read_message(requests))  # noqa: S301  # from our own parent
    receiver = Receiver(known)
    while True:
        message = pickle.loads(read_message(requests))  # noqa: S301  # from our own parent
        try:
            result = work(receiver.received(message))
        except IamAuditError as error:
            write_message(answers, pickled_error(error, str(error)))
        except Exception as error:  # noqa: BLE001  # the parent raises it
            write_message(answers, pickled_error(error, repr(error)))
        else:
            write_message(answers, pickle.dumps(result))
