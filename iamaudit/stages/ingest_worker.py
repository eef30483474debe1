"""Batches in processes of their own: both cores busy, and a notebook's `__main__` is never run twice.

A worker is our own interpreter that calls `main` here: pickled batches come in on standard input, pickled results go
out on standard output, each behind its length. It ends when its input does.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import subprocess
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final

from iamaudit import errors
from iamaudit.errors import IamAuditError, SourceError
from iamaudit.lake.lake import Lake
from iamaudit.ports import LogSource
from iamaudit.stages.ingest_batch import BatchDone, Wanted, ingest_batch

_LENGTH = struct.Struct(">Q")
_READY: Final = "ready"
_HERE = Lock()  # for batches that cannot go to another process: one at a time
# `-P` and this: what its parent imports from, and nothing from the folder that happens to be the current one
# glibc keeps what is freed for the next object: giving pages back and taking fresh ones was a quarter of the time; we
# have no linear algebra to do, whose library starts threads that spin. What the user has set himself stays
_SURROUNDINGS: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "OPENBLAS_NUM_THREADS": "1",
}
_START: Final = "import sys; sys.path[:] = sys.argv[1:]; from iamaudit.stages.ingest_worker import start; start()"


class Worker:
    """One process that ingests batches for us, one at a time.

    A lake or a source that cannot go to another process (one in memory, one of a notebook) is worked on here.
    """

    def __init__(self, lake: Lake, sources: Sequence[LogSource]) -> None:
        self.lake, self.sources = lake, tuple(sources)
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        try:
            message = pickle.dumps((self.lake, self.sources))
        except Exception:  # noqa: BLE001  # a stranger's source may refuse in any way
            return
        if not sys.executable:
            return
        paths = [*filter(None, sys.path), str(Path(__file__).parents[2])]
        # the worker's own code and what its caller sends are all that is unpickled
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-c", _START, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_SURROUNDINGS, **os.environ},
        )
        try:
            self._send(message)
        except BaseException:
            self.stop()
            raise

    def run(self, wanted: Sequence[Wanted]) -> BatchDone:
        """Have one batch ingested; raises what went wrong there, `SourceError` when the process itself died."""
        if self.process is not None and not self.is_ready:
            self.is_ready = self._receive() == _READY
            if not self.is_ready:
                self.stop()
                self.process = None
        if self.process is None:
            with _HERE:
                return ingest_batch(self.lake, self.sources, wanted)
        self._send(pickle.dumps(tuple(wanted)))
        answer = self._receive()
        if isinstance(answer, BaseException):
            raise answer
        done: BatchDone = answer
        return done

    def stop(self) -> None:
        """Let the process go; one that is at work is ended, and leaves nothing half-done."""
        process = self.process
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass  # what it did not read before it ended
        process.wait()

    def _send(self, data: bytes) -> None:
        try:
            write_message(self.process.stdin, data)  # type: ignore[union-attr,arg-type]  # a pipe, by Popen's arguments
        except OSError as error:
            raise self._died() from error

    def _receive(self) -> Any:
        try:
            return pickle.loads(read_message(self.process.stdout))  # type: ignore[union-attr,arg-type]  # noqa: S301  # from our own child
        except EOFError as error:
            raise self._died() from error

    def _died(self) -> SourceError:
        return SourceError(
            f"a worker process ended with code {self.process.wait()}: the machine may be short of memory; "  # type: ignore[union-attr]  # there is one, or nothing was sent
            "run it again, nothing is lost or doubled"
        )


def write_message(pipe: BinaryIO, data: bytes) -> None:
    """Write bytes behind their length."""
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_message(pipe: BinaryIO) -> bytes:
    """Read one message; raise `EOFError` when the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    size = _LENGTH.unpack(head)[0]
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def pickled_error(error: BaseException, told: str) -> bytes:
    """Return an error as it is, if it can be read again elsewhere, else the nearest of ours with its words."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)  # noqa: S301  # our own, a moment ago
    except Exception:  # noqa: BLE001  # an exception may need more than its words to be made
        ours = next(
            (kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind), RuntimeError
        )
        return pickle.dumps(ours(told))
    return data


class _WithoutPandas:
    """Keeps pyarrow from importing pandas, which it does to look at its arguments and costs half a second."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG004  # the importer's signature
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def start() -> None:
    """Be a worker; an interrupt at the keyboard is for the parent, which ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.meta_path.insert(0, _WithoutPandas())
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an answer
    try:
        serve(requests, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the parent is gone: nobody reads what is still to be flushed


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Ingest batches until the input ends, which raises `EOFError`."""
    try:
        lake, sources = pickle.loads(read_message(requests))  # noqa: S301  # from our own parent
    except EOFError:
        raise
    except Exception as error:  # noqa: BLE001  # a source that only the parent can import
        write_message(answers, pickle.dumps(repr(error)))
        return
    write_message(answers, pickle.dumps(_READY))
    while True:
        wanted = pickle.loads(read_message(requests))  # noqa: S301  # from our own parent
        gc.disable()  # the decoder makes millions of objects without a cycle
        try:
            answer = pickle.dumps(ingest_batch(lake, sources, wanted))
        except IamAuditError as error:
            answer = pickled_error(error, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, the parent must hear of it
            answer = pickle.dumps(RuntimeError(f"{error!r} in a worker process:\n{traceback.format_exc()}"))
        write_message(answers, answer)
        gc.enable()
        gc.collect()
