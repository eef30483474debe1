"""Which objects of a bucket were delivered in a window, found without walking through all the others.

Folders are looked at with a delimiter, several at once, until one holds years (`2026/`): `…/<account>/CloudTrail/<region>/`
in AWS's layout, whatever stands before it. Below it only the window's days are listed. A folder without years is
looked into, and what names no day is always read (but for what somebody put among a place's years and days).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from iamaudit.sources.s3 import S3, Found
from iamaudit.sources.window import Window, day_of

THREADS: Final = 16
MOST_FOLDERS: Final = 20_000  # beyond, listing everything below a folder is cheaper than looking into each
_YEAR: Final = re.compile(r"(?:^|/)\d{4}/$")
_NUMBER: Final = re.compile(r"(?:^|/)(\d{1,4})/$")
# CloudTrail's months and days have two digits, so that keys run by day; Config's have not (domain.md §1.7, §5)
_BY_DAY: Final = re.compile(r"/CloudTrail[A-Za-z-]*/[^/]+/$")


@dataclass(frozen=True, slots=True)
class _Look:
    """What one folder holds itself."""

    objects: tuple[Found, ...] = ()
    folders: tuple[str, ...] = ()
    is_flat: bool = False  # more objects than a page: to be listed rather than looked at


def walk(s3: S3, root: str, window: Window) -> Iterator[Found]:
    """Yield every object below *root* that *window* holds; the order is the caller's business."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="s3-list") as pool:
        looked = 0
        frontier = [root]
        dated: list[tuple[str, tuple[str, ...]]] = []
        while frontier:
            looked += len(frontier)
            if looked > MOST_FOLDERS:
                for folder in frontier:
                    yield from _held(s3.objects(folder), window)
                break
            following: list[str] = []
            for prefix, look in zip(frontier, pool.map(lambda prefix: _look(s3, prefix), frontier), strict=True):
                if look.is_flat:
                    yield from _held(s3.objects(prefix), window)
                    continue
                yield from _held(iter(look.objects), window)
                years = [folder for folder in look.folders if _YEAR.search(folder)]
                if years and _BY_DAY.search(prefix):
                    dated.append((prefix, tuple(years)))
                elif years:
                    dated += [(year, ()) for year in years]
                following += [folder for folder in look.folders if folder not in set(years)]
            frontier = following
        for found in pool.map(lambda place: list(_days(s3, place[0], place[1], window)), dated):
            yield from found


def _look(s3: S3, prefix: str) -> _Look:
    objects: list[Found] = []
    folders: list[str] = []
    for page in s3.pages(prefix, delimiter="/"):
        if not page.is_last and not page.folders and not folders:
            return _Look(is_flat=True)
        objects += page.objects
        folders += page.folders
    return _Look(tuple(objects), tuple(folders))


def _days(s3: S3, prefix: str, years: tuple[str, ...], window: Window) -> Iterator[Found]:
    """Yield the window's objects of a place with days: keys that run by day from its first, others day by day."""
    if not years:
        yield from _below(s3, prefix, window)
        return
    first = window.first_day
    start = f"{prefix}{first.replace('-', '/')}/" if first else ""
    for year in years:
        if year < start[: len(year)] or _date(year) > _numbers(window.last_day)[:1]:
            continue
        for entry in s3.objects(year, start_after=start if start.startswith(year) else ""):
            day = day_of(entry.key)
            if day > window.last_day:
                break
            if not day or day >= first:
                yield entry


def _below(s3: S3, prefix: str, window: Window) -> Iterator[Found]:
    """Yield the window's objects below a year, a month or a day."""
    date = _date(prefix)
    if len(date) == 3:
        yield from _held(s3.objects(prefix), window)
        return
    first = _numbers(window.first_day)[: len(date)]
    last = _numbers(window.last_day)[: len(date)]
    if not first <= date <= last:
        return
    for page in s3.pages(prefix, delimiter="/"):
        yield from _held(iter(page.objects), window)
        for folder in page.folders:
            if _NUMBER.search(folder):
                yield from _below(s3, folder, window)
            else:
                yield from _held(s3.objects(folder), window)


def _date(prefix: str) -> tuple[int, ...]:
    """Return the numbers that a prefix ends with, from its year on."""
    parts = prefix.rstrip("/").split("/")
    for length in (3, 2, 1):
        tail = parts[-length:]
        if len(tail) == length and all(part.isdigit() for part in tail) and len(tail[0]) == 4:
            return tuple(map(int, tail))
    return ()


def _numbers(day: str) -> tuple[int, ...]:
    return tuple(map(int, day.split("-"))) if day else (0, 0, 0)


def _held(entries: Iterator[Found], window: Window) -> Iterator[Found]:
    return (entry for entry in entries if window.holds(entry.key))
