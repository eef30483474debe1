"""Objects in order, while the next ones are already on their way: a network's waiting is not ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from iamaudit.errors import SourceError
from iamaudit.ports import Listed, LogSource

UNKNOWN_SIZE: Final = 4 << 20  # what an object of unknown size counts as


def read_ahead(
    source: LogSource,
    entries: Iterable[Listed],
    *,
    threads: int = 8,
    budget_bytes: int = 128 << 20,
    most: int | None = None,
) -> Iterator[tuple[Listed, bytes | SourceError | None]]:
    """Yield each entry with its bytes, or with why they could not be had, in the order of *entries*.

    Reads ahead in *threads*, as long as what is read or being read is within *budget_bytes* (by the listed sizes); an
    object larger than that is read alone. Memory is bounded by the budget and by the largest object; one of more than
    *most* bytes, whatever the listing said, comes as None.
    """

    def read(entry: Listed) -> bytes | SourceError | None:
        return data_of(source, entry, most)

    pool = ThreadPoolExecutor(threads, thread_name_prefix="read-ahead")
    under_way: deque[tuple[Listed, Future[bytes | SourceError | None]]] = deque()
    spent = 0
    try:
        for entry in entries:
            cost = _cost(entry)
            while under_way and (spent + cost > budget_bytes or len(under_way) >= 4 * threads):
                first, answer = under_way.popleft()
                yield first, answer.result()
                spent -= _cost(first)
            under_way.append((entry, pool.submit(read, entry)))
            spent += cost
        while under_way:
            first, answer = under_way.popleft()
            yield first, answer.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def data_of(source: LogSource, entry: Listed, most: int | None = None) -> bytes | SourceError | None:
    """Return an object's bytes, why they cannot be had, or None when there are more than *most* of them."""
    try:
        with source.open(entry) as file:
            data = file.read() if most is None else file.read(most + 1)
    except SourceError as error:
        return error
    except OSError as error:
        return SourceError(f"cannot read `{entry.path}`: {error.strerror or error}; check the disk")
    return None if most is not None and len(data) > most else data


def _cost(entry: Listed) -> int:
    return entry.size or UNKNOWN_SIZE
