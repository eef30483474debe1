"""Everything that the lake's manifests name, read without trust: what cannot be believed becomes a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.ledger import is_troubled
from iamaudit.lake.manifest import (
    FORMAT,
    CompactManifest,
    EventsManifest,
    Part,
    SourceObject,
    StateManifest,
    UsageManifest,
    from_bytes,
)
from iamaudit.lake.problem import BROKEN, NOTE, Problem
from iamaudit.ports import ObjectStore, Progress

M = TypeVar("M", EventsManifest, CompactManifest, UsageManifest, StateManifest)
ROOM = "manifests/"
AGAIN = "restore it from a backup, or delete it and ingest its sources again"


@dataclass(slots=True)
class Commits:
    """What the manifests say together; grows while they are read."""

    written: dict[str, tuple[Part, str]] = field(default_factory=dict)  # ingest's parts by key, with their manifest
    rewritten: dict[tuple[str, str], CompactManifest] = field(default_factory=dict)  # by table and day
    rolled: dict[str, UsageManifest] = field(default_factory=dict)  # by day
    state: dict[str, tuple[Part, str]] = field(default_factory=dict)  # parts of collections, with their manifest
    troubled: list[SourceObject] = field(default_factory=list)  # objects of which something was set aside
    objects: int = 0
    manifests: int = 0
    problems: list[Problem] = field(default_factory=list)

    def derived(self) -> Iterator[tuple[Part, str]]:
        """Yield the parts that were made from others, with their manifest."""
        for (table, day), compact in self.rewritten.items():
            yield from ((part, compact_key(table, day)) for part in compact.parts)
        for day, usage in self.rolled.items():
            yield from ((part, f"{ROOM}usage/dt={day}.json") for part in usage.parts)

    def replaced(self) -> dict[str, str]:
        """Return ingest's parts whose rows stand in rewritten files, with the manifest that says so."""
        return {
            key: compact_key(table, day)
            for (table, day), compact in self.rewritten.items()
            for key in compact.inputs
            if key in self.written
        }

    def lost_inputs(self) -> Iterator[tuple[str, str]]:
        """Yield (manifest, part) where a derived table was made from a part that no commit of ingest names."""
        for (table, day), compact in self.rewritten.items():
            yield from ((compact_key(table, day), key) for key in compact.inputs if key not in self.written)
        for day, usage in self.rolled.items():
            yield from ((f"{ROOM}usage/dt={day}.json", key) for key in usage.inputs if key not in self.written)


def compact_key(table: str, day: str) -> str:
    """Return the key of a rewritten day's manifest."""
    return f"{ROOM}compact/{table}/dt={day}.json"


def read_commits(
    store: ObjectStore,
    *,
    judge: Callable[[str, EventsManifest], Iterator[Problem]] | None = None,
    progress: Progress | None = None,
) -> Commits:
    """Read every manifest; *judge* looks at each commit of ingest while it is in memory."""
    found = Commits()
    keys = list(store.list(ROOM))
    for done, key in enumerate(keys, 1):
        _take(found, store, key, judge)
        if progress is not None:
            progress(done, len(keys), "manifests")
    return found


def _take(
    found: Commits, store: ObjectStore, key: str, judge: Callable[[str, EventsManifest], Iterator[Problem]] | None
) -> None:
    room = key.split("/")[1]
    name = key.rpartition("/")[2].removesuffix(".json")
    found.manifests += 1
    if room == "events" and (batch := _read(found, store, key, EventsManifest)):
        if batch.batch_id != name:
            found.problems.append(_misnamed(key, f"batch `{batch.batch_id}`"))
        if judge is not None:
            found.problems += judge(key, batch)
        found.objects += len(batch.objects)
        found.troubled += [entry for entry in batch.objects if is_troubled(entry)]
        for part in batch.parts:
            _name(found, found.written, part, key)
    elif room == "compact" and (compact := _read(found, store, key, CompactManifest)):
        if key != compact_key(compact.table, compact.dt):
            found.problems.append(_misnamed(key, f"`{compact.table}` of {compact.dt}"))
        else:
            found.rewritten[compact.table, compact.dt] = compact
    elif room == "usage" and (usage := _read(found, store, key, UsageManifest)):
        if name != f"dt={usage.dt}":
            found.problems.append(_misnamed(key, f"the day {usage.dt}"))
        else:
            found.rolled[usage.dt] = usage
    elif room == "state" and (state := _read(found, store, key, StateManifest)):
        if state.capture_id != name:
            found.problems.append(_misnamed(key, f"capture `{state.capture_id}`"))
        for part in state.parts:
            _name(found, found.state, part, key)
    elif room not in {"events", "compact", "usage", "state"}:
        found.manifests -= 1
        found.problems.append(Problem(NOTE, "this is no manifest of ours", key, "nobody reads it: move it away"))


def _read(found: Commits, store: ObjectStore, key: str, kind: type[M]) -> M | None:
    try:
        manifest = from_bytes(store.read(key), kind, key=key)
    except PromiseBrokenError as error:
        cause = str(error).partition("cannot be read: ")[2].partition(";")[0]
        found.problems.append(Problem(BROKEN, f"the manifest cannot be read: {cause}", key, _remedy(kind)))
        return None
    except KeyError:
        found.problems.append(Problem(NOTE, "the manifest went away while it was read", key, "run the check again"))
        return None
    if manifest.format > FORMAT:
        what = f"the manifest has format {manifest.format}, this version knows {FORMAT}"
        found.problems.append(Problem(BROKEN, what, key, "use the version of iamaudit that wrote it, or a later one"))
        return None
    return manifest


def _remedy(kind: type[M]) -> str:
    if kind is UsageManifest:
        return "delete it: the next run makes the day's roll-ups again"
    if kind is StateManifest:
        return "restore it from a backup, or delete it and collect again"
    if kind is CompactManifest:
        return "restore it from a backup; if the files that ingest wrote for the day are still there, delete it"
    return AGAIN


def _misnamed(key: str, says: str) -> Problem:
    return Problem(BROKEN, f"the manifest says it is of {says}, its name says something else", key, AGAIN)


def _name(found: Commits, parts: dict[str, tuple[Part, str]], part: Part, manifest: str) -> None:
    known = parts.setdefault(part.key, (part, manifest))
    if known[0] != part:
        found.problems.append(
            Problem(
                BROKEN,
                f"`{known[1]}` and `{manifest}` say different things of this part",
                part.key,
                f"restore the manifest that is wrong from a backup, or {AGAIN.partition(', or ')[2]}",
            )
        )
