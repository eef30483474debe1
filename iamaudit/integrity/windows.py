"""Times of which digests speak, put together: what a backfill closes, and why a log that no digest names has none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from iamaudit.integrity.verdict import Gap

Window = tuple[datetime, datetime]
SLACK = timedelta(minutes=1)  # the time in a log's name is cut to the minute


def united(windows: Iterable[Window]) -> list[Window]:
    """Return the windows sorted, with those that touch or overlap made one."""
    found: list[Window] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def holds(windows: list[Window], moment: datetime) -> bool:
    """Say whether united *windows* hold a moment."""
    index = bisect_right(windows, (moment + SLACK, datetime.max.replace(tzinfo=moment.tzinfo))) - 1
    return index >= 0 and windows[index][0] - SLACK <= moment < windows[index][1]


def is_closed(gap: Gap, windows: list[Window]) -> bool:
    """Say whether one of united *windows* speaks of the whole gap."""
    return any(start <= gap.start and gap.end <= end for start, end in windows)
