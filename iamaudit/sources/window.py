"""The days of delivery to read: a window with slack, since records come late and paths name the day of delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Final

from iamaudit.lake.layout import delivery_day
from iamaudit.ports import Listed, LogSource

SLACK: Final = timedelta(hours=24)  # domain.md §1.7
# S3 access logs `2026-11-01-07-…`, CloudFront `E1.2026-11-01-07.…`, Security Lake `eventDay=20261101`
_IN_NAME: Final = re.compile(r"(?:^|[/.])(\d{4})-(\d{2})-(\d{2})-\d{2}[-.][^/]*$")
_PARTITION: Final = re.compile(r"/eventDay=(\d{4})(\d{2})(\d{2})/")


def day_of(path: str) -> str:
    """Return the day of delivery that a path names, as `YYYY-MM-DD`; an empty text when it names none."""
    if day := delivery_day("/" + path):
        return day
    found = _IN_NAME.search(path) or _PARTITION.search("/" + path)
    return "" if found is None else f"{found[1]}-{found[2]}-{found[3]}"


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` to `until`, both instants of UTC; None is open. What names no day of delivery is always in it."""

    since: datetime | None = None
    until: datetime | None = None
    slack: timedelta = SLACK

    @property
    def first_day(self) -> str:
        """The first day to read; empty when the window has no beginning."""
        return "" if self.since is None else (self.since - self.slack).date().isoformat()

    @property
    def last_day(self) -> str:
        """The last day to read; later than every day when the window has no end."""
        return "9999-12-31" if self.until is None else (self.until + self.slack).date().isoformat()

    @property
    def is_open(self) -> bool:
        """Whether the window leaves nothing out."""
        return self.since is None and self.until is None

    def holds(self, path: str) -> bool:
        """Say whether the path's day is to be read."""
        day = day_of(path)
        return not day or self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Within:
    """A `LogSource`: another one, without what was delivered outside a window."""

    source: LogSource
    window: Window

    def describe(self) -> str:
        """Return the place."""
        return self.source.describe()

    def list(self) -> Iterator[Listed]:
        """Yield what the window holds; it may be nothing."""
        return (entry for entry in self.source.list() if self.window.holds(entry.path))

    def open(self, entry: Listed) -> BinaryIO:
        """Return the object's bytes as stored."""
        return self.source.open(entry)

    def done(self, entries: Iterable[Listed]) -> None:
        """Pass on what is committed."""
        self.source.done(entries)
