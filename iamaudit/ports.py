"""The seams: what an adapter owes its callers, written down once.

A port has two adapters today, one of which may be the tests'; everything else is a function.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


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

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with *prefix*, sorted; raise rather than skip."""
        ...

    def location(self, key: str) -> str:
        """Return where an engine can open the object (a path or a URL)."""
        ...


class LogSource(Protocol):
    """Log objects of one place. Every adapter passes tests/conformance/test_log_source.py."""

    def list(self) -> Iterator[str]:
        """Yield the key of every object, in a stable order; complete, or raises."""
        ...

    def read(self, key: str) -> bytes:
        """Return the object's bytes as stored; raise `SourceError` when they cannot be had."""
        ...


class Progress(Protocol):
    """Somebody who wants to know how far a long piece of work has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Say that *done* of *total* steps of *what* are finished."""
        ...
