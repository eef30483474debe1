"""A listing of any length, sorted by delivery day, in bounded memory: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO, Final

import msgspec

from iamaudit.ports import Listed
from iamaudit.sources.window import day_of

RUN: Final = 200_000  # entries held in memory: about 100 MB
_Row = tuple[str, str, str, int, str]
_read = msgspec.json.Decoder(_Row)


def by_day(entries: Iterable[Listed], *, run: int = RUN) -> Iterator[Listed]:
    """Yield the entries by day of delivery, then by path; those that name no day come first."""
    rest = iter(entries)
    with ExitStack() as stack:
        runs: list[Iterator[_Row]] = []
        while rows := sorted(
            (day_of(entry.path), entry.path, entry.key, entry.size, entry.version) for entry in islice(rest, run)
        ):
            if not runs and len(rows) < run:
                runs.append(iter(rows))
                break
            file = stack.enter_context(tempfile.TemporaryFile())
            file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
            file.seek(0)
            runs.append(_rows(file))
        for _, path, key, size, version in heapq.merge(*runs):
            yield Listed(path, key, size, version)


def _rows(file: IO[bytes]) -> Iterator[_Row]:
    yield from map(_read.decode, file)
