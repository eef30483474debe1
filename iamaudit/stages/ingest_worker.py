"""Batches in processes of their own: both cores busy, and a notebook's `__main__` is never run twice.

A worker is `python -m iamaudit.stages.ingest_worker`: pickled batches come in on standard input, pickled results go
out on standard output, each behind its length. It ends when its input does.
"""

from __future__ import annotations

import gc
import os
import pickle
import struct
import subprocess
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any, BinaryIO

from iamaudit.errors import IamAuditError, SourceError
from iamaudit.lake.lake import Lake
from iamaudit.ports import LogSource
from iamaudit.stages.ingest_batch import BatchDone, Wanted, ingest_batch

_LENGTH = struct.Struct(">Q")


class Worker:
    """One process that ingests batches for us, one at a time."""

    def __init__(self, lake: Lake, sources: Sequence[LogSource]) -> None:
        # the worker's own code and what its caller sends are all that is unpickled
        self.process = subprocess.Popen(  # our own interpreter and module
            [sys.executable, "-m", "iamaudit.stages.ingest_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._send((lake, tuple(sources)))

    def run(self, wanted: Sequence[Wanted]) -> BatchDone:
        """Have one batch ingested; raises what went wrong there, `SourceError` when the process itself died."""
        self._send(tuple(wanted))
        answer = self._receive()
        if isinstance(answer, BaseException):
            raise answer
        done: BatchDone = answer
        return done

    def stop(self) -> None:
        """Let the process go; one that is at work is ended, and leaves nothing half-done."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()

    def _send(self, value: object) -> None:
        try:
            write_message(self.process.stdin, value)  # type: ignore[arg-type]  # a pipe, by Popen's arguments
        except OSError as error:
            raise self._died() from error

    def _receive(self) -> Any:
        try:
            return read_message(self.process.stdout)  # type: ignore[arg-type]  # a pipe, by Popen's arguments
        except EOFError as error:
            raise self._died() from error

    def _died(self) -> SourceError:
        return SourceError(
            f"a worker process ended with code {self.process.wait()}: the machine may be short of memory; run it again, "
            "nothing is lost or doubled"
        )


def write_message(pipe: BinaryIO, value: object) -> None:
    """Write one pickled value behind its length."""
    data = pickle.dumps(value)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_message(pipe: BinaryIO) -> Any:
    """Read one value; raise `EOFError` when the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    size = _LENGTH.unpack(head)[0]
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  # from our own parent or child only


class _WithoutPandas:
    """Keeps pyarrow from importing pandas, which it does to look at its arguments and costs half a second."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG004  # the importer's signature
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def main() -> None:
    """Ingest batches until the input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not look like an answer
    try:
        lake, sources = read_message(requests)
        while True:
            wanted = read_message(requests)
            gc.disable()  # the decoder makes millions of objects without a cycle
            try:
                answer: object = ingest_batch(lake, sources, wanted)
            except IamAuditError as error:
                answer = error
            except Exception as error:  # noqa: BLE001  # whatever it is, the parent must hear of it
                answer = RuntimeError(f"{error!r} in a worker process:\n{traceback.format_exc()}")
            write_message(answers, answer)
            gc.enable()
            gc.collect()
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return


if __name__ == "__main__":
    sys.meta_path.insert(0, _WithoutPandas())
    main()
