"""Not more often than AWS allows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Pace:
    """Lets one call through every *seconds*, whoever asks."""

    seconds: float
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = float("-inf")
    _lock: Lock = field(default_factory=Lock, repr=False)

    def wait(self) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            turn = max(self.now(), self._next)
            self._next = turn + self.seconds
        if (left := turn - self.now()) > 0:
            self.sleep(left)
