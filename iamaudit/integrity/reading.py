"""Reading ahead: many objects are waited for at once, and come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from iamaudit.errors import SourceError, UnreadableObjectError
from iamaudit.integrity.digest import Digest, parse_digest
from iamaudit.integrity.source import SignedSource
from iamaudit.integrity.unzip import content
from iamaudit.ports import Listed

THREADS = 8
_AHEAD = 4 * THREADS  # pieces of work under way: bounds what is in memory

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of one digest object."""

    digest: Digest | None
    metadata: Mapping[str, str] | None
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # it could not be had: nothing is said against it


def in_order(work: Iterable[Callable[[], T]], *, threads: int = THREADS) -> Generator[T]:
    """Yield the results of pieces of work in their order, some of them done ahead in threads."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for piece in work:
                waiting.append(pool.submit(piece))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def read_digest(source: SignedSource, entries: Sequence[Listed]) -> Reading:
    """Read a digest and its metadata. Several objects of one name must be the same."""
    digest: Digest | None = None
    metadata: Mapping[str, str] | None = None
    problems: list[str] = []
    doubts: list[str] = []
    for entry in entries:
        try:
            with source.open(entry) as file:
                found = parse_digest(content(file))
        except UnreadableObjectError as error:
            problems.append(str(error))
            continue
        except SourceError as error:
            doubts.append(str(error))
            continue
        if digest is not None and digest != found:
            problems.append("objects of this name differ")
        digest = digest or found
    try:
        metadata = source.metadata(entries[0])
    except UnreadableObjectError as error:
        problems.append(str(error))
        metadata = {}
    except SourceError as error:
        doubts.append(str(error))
    return Reading(digest, metadata, tuple(problems), tuple(doubts))
