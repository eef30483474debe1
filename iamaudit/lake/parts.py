"""Parts written beside each other: while the disk syncs one file, or a network takes it, others are on their way."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import Part

THREADS: Final = 8
WAITING: Final = 16  # parts that are written or wait for it


class PartWriter:
    """Writes the parts of one commit; use it in a `with` block, which ends when all of them are safe, or raises."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.parts: list[Part] = []
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="part")
        self._under_way: deque[Future[None]] = deque()

    def add(self, table: str, rows: pa.Table, *, folder: str, dt: str | None = None) -> Part:
        """Encode *rows* now and have them written; the part is named by its content and may be there already."""
        part, data = self.lake.part_of(table, rows, folder=folder, dt=dt)
        if not self.lake.holds(part):
            if len(self._under_way) == WAITING:  # a slow store must not make us hold all of it
                self._under_way.popleft().result()
            self._under_way.append(self._pool.submit(self.lake.store.write, part.key, data))
        self.parts.append(part)
        return part

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            for one in self._under_way:
                one.result()
