"""The seams: what an adapter owes its callers, written down once.

A port has two adapters today, one of which may be the tests'; everything else is a function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class ObjectStore(Protocol):
    """Bytes under keys, for the lake. Every adapter passes tests/conformance/test_object_store.py.

    Keys are relative, with `/` between their parts; a key that would leave the store raises `InputError`.
    """

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Store *data* under *key*; a reader sees the old object or the new one, never a part, whatever kills us."""
        ...

    def write_new(self, key: str, data: bytes) -> bool:
        """Store *data* unless there is an object under *key*; say whether it was stored. Of two writers one wins."""
        ...

    def delete(self, key: str) -> None:
        """Take the object away; nothing happens if there is none."""
        ...

    def age(self, key: str) -> float:
        """Return the seconds since the object was written; raise `KeyError` if there is none."""
        ...

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with *prefix*, sorted; raise rather than skip."""
        ...

    def location(self, key: str) -> str:
        """Return where an engine can open the object (a path or a URL)."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as its source lists it."""

    path: str  # the source's own name for it
    key: str  # its name in the ledger: from the last `AWSLogs/`, so that it is the same wherever one starts
    size: int  # bytes as stored
    version: str = ""  # changes whenever the bytes do (an S3 ETag, a file's times); empty when the source cannot tell


class LogSource(Protocol):
    """Log objects of one place. Every adapter passes tests/conformance/test_log_source.py.

    A source is pickled to other processes: it opens its connections when it first needs them.
    """

    def describe(self) -> str:
        """Return the place, for messages."""
        ...

    def list(self) -> Iterator[Listed]:
        """Yield every object, in a stable order, by delivery day where the place has days; complete, or raises.

        Raises `InputError` when there is no such place or nothing in it, `SourceError` when it does not answer.
        """
        ...

    def open(self, entry: Listed) -> BinaryIO:
        """Return the object's bytes as stored; raise `SourceError` when they cannot be had."""
        ...

    def done(self, entries: Iterable[Listed]) -> None:
        """Take note that these objects are committed to the lake (a queue forgets their messages)."""
        ...


class Progress(Protocol):
    """Somebody who wants to know how far a long piece of work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Say that *done* of *total* steps of *what* are finished."""
        ...
