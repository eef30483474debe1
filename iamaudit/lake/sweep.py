"""Takes away what no answer depends on, once it is old beyond doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iamaudit.errors import ConfigError, PromiseBrokenError, SourceError
from iamaudit.lake.check_parts import part_problems
from iamaudit.lake.commits import Commits, read_commits
from iamaudit.lake.lake import Lake
from iamaudit.lake.leftovers import ORPHAN, STRANGE, Leftover, day_of, leftovers
from iamaudit.lake.problem import BROKEN
from iamaudit.lake.store import LocalStore
from iamaudit.ports import ObjectStore, Progress

DAY = 86_400.0
SKEW = 120.0  # seconds by which the clocks of two machines may differ
ABSURD = 20 * 365 * DAY  # older than any lake


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What was taken (or would be), and what is too young yet."""

    taken: tuple[Leftover, ...]
    bytes: int
    too_young: int
    is_done: bool

    def as_json(self) -> dict[str, object]:
        """Return the shape of `lake sweep --json`."""
        return {
            "deleted": self.is_done,
            "files": [{"key": entry.key, "why": entry.why} for entry in self.taken],
            "bytes": self.bytes,
            "too_young": self.too_young,
        }


def sweep(lake: Lake, *, older_than_days: float, yes: bool = False, progress: Progress | None = None) -> SweepResult:
    """Delete leftovers older than *older_than_days*; without *yes* only say which.

    A file is old when it is that much older than the lake's newest commit too: a clock that jumps ahead makes all
    files older alike, and what a running writer has just written stays. Raises `SourceError` when the clock is behind
    the lake, `PromiseBrokenError` when a manifest cannot be believed; then nothing is deleted.
    """
    if older_than_days < 1:
        raise ConfigError(
            f"`{older_than_days:g}` days are too few to sweep by: a run of another machine may still need the files; "
            "give 1 or more"
        )
    limit = older_than_days * DAY
    commits = _believed(lake.store)
    newest = _newest_commit(lake.store)
    age = _ages(lake.store)
    old: list[Leftover] = []
    young = size = 0
    for entry in leftovers(lake.store, commits):
        if entry.why == STRANGE:
            continue
        if _is_old(entry, age, limit=limit, newest=newest):
            old.append(entry)
        else:
            young += 1
    if yes and old:
        _refuse_damaged(lake.store, commits, old)
        old = list(_still_left(lake.store, old))
    for done, entry in enumerate(old, 1):
        size += _size(lake.store, commits, entry.key)
        # asked again just before: a writer may have written the same part anew
        if yes and _is_old(entry, age, limit=limit, newest=newest):
            lake.store.delete(entry.key)
        if progress is not None:
            progress(done, len(old), "files to sweep")
    return SweepResult(tuple(old), size, young, yes)


def _believed(store: ObjectStore) -> Commits:
    commits = read_commits(store)
    broken = [problem for problem in commits.problems if problem.severity == BROKEN]
    for problem in broken:
        raise PromiseBrokenError(f"nothing was swept: `{problem.where}`: {problem.what}; {problem.remedy}")
    for manifest, key in commits.lost_inputs():
        raise PromiseBrokenError(
            f"nothing was swept: `{manifest}` was made from `{key}`, which no commit names, so a commit was lost; "
            "run `iamaudit lake check --lake LAKE`"
        )
    return commits


def _still_left(store: ObjectStore, old: list[Leftover]) -> Iterator[Leftover]:
    """Look at the manifests once more: a commit may have come meanwhile."""
    again = set(leftovers(store, _believed(store)))
    yield from (entry for entry in old if entry in again)


def _ages(store: ObjectStore) -> Callable[[str], float | None]:
    """Return how to ask a file's age; None for one that is gone or whose date cannot be."""

    def age(key: str) -> float | None:
        try:
            seconds = store.age(key)
        except KeyError:
            return None
        _refuse_future(key, seconds)
        return seconds if seconds < ABSURD else None

    return age


def _newest_commit(store: ObjectStore) -> float:
    """Return the age of the lake's newest commit; nothing is old in a lake without one."""
    newest = float("inf")
    for key in store.list("manifests/"):
        try:
            seconds = store.age(key)
        except KeyError:
            continue
        _refuse_future(key, seconds)
        newest = min(newest, seconds)
    return newest


def _refuse_future(key: str, seconds: float) -> None:
    if seconds < -SKEW:
        raise SourceError(
            f"nothing more is swept: `{key}` is dated {-seconds / DAY:.1f} days ahead of this machine's clock; set the "
            "clock right, or `touch` the file if it was wrong when the file was written"
        )


def _is_old(entry: Leftover, age: Callable[[str], float | None], *, limit: float, newest: float) -> bool:
    """Say whether the file, and what took its place, have stood for longer than the limit."""
    seconds = age(entry.key)
    if seconds is None or seconds - max(newest, 0.0) < limit:
        return False
    stands = [entry.since] if entry.since else _replacing(entry.key) if entry.why == ORPHAN else []
    return all((since := age(key)) is None or since >= limit for key in stands)


def _replacing(key: str) -> list[str]:
    """Return the manifests that may have put another file in an orphan's place: somebody may still read the old one."""
    day = day_of(key)
    if day is None:
        return []
    table = key.partition("/")[0]
    return [f"manifests/usage/dt={day}.json", f"manifests/compact/{table}/dt={day}.json"]


def _refuse_damaged(store: ObjectStore, commits: Commits, old: list[Leftover]) -> None:
    """Raise unless the files that took the place of others are whole: the others may be the only copy."""
    places = {entry.since for entry in old if entry.since}
    for part, manifest in commits.derived():
        if manifest in places:
            for problem in part_problems(store, part, f"restore it from a backup, or delete `{manifest}`", fast=False):
                if problem.severity == BROKEN:
                    raise PromiseBrokenError(f"nothing was swept: `{part.key}`: {problem.what}; {problem.remedy}")


def _size(store: ObjectStore, commits: Commits, key: str) -> int:
    if isinstance(store, LocalStore):
        path = store.root / key
        return path.stat().st_size if path.exists() else 0
    return commits.written[key][0].bytes if key in commits.written else 0
