"""What was done to AWS, a JSON line each, on disk before and after every call: a crash leaves nothing untold.

Lines: `started` (the plan, the bundle's policies before and after), for each change `intends` (what stood there), `calls`
and `answered` for each call, then `done`, `already`, `drifted`, `declined`, `withheld` or `failed`; at the end `finished`.
A rollback adds `undoing`, `calls`, `answered`, `undone`, and `rolled_back`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from iamaudit.errors import InputError, SourceError
from iamaudit.model.plan import Plan, plan_from_json

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Record:
    """A journal that was read: its plan, and the state before and the fate of each change by its number."""

    path: Path
    plan: Plan
    started: Mapping[str, Any]
    intended: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    fates: Mapping[int, str] = field(default_factory=dict)
    undone: frozenset[int] = frozenset()
    done_at: Mapping[int, str] = field(default_factory=dict)
    is_finished: bool = False
    is_rolled_back: bool = False


class Journal:
    """Appends lines; each is on the disk when `write` returns. One process holds a journal at a time."""

    def __init__(self, path: Path, clock: Clock, *, is_new: bool) -> None:
        self.path = path
        self._clock = clock
        flags = os.O_APPEND | os.O_RDWR | (os.O_CREAT | os.O_EXCL if is_new else 0)
        try:
            if is_new:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, flags, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _finish_torn_line(self._handle)
            _sync(path.parent)
        except BlockingIOError as error:
            raise InputError(f"another `iamaudit apply` writes `{path}`: wait until it ends") from error
        except OSError as error:
            raise SourceError(f"cannot write the journal `{path}`: {error.strerror}; nothing was changed") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def write(self, event: str, **fields: Any) -> None:
        """Add a line. Raises SourceError when it is not on the disk: then nothing more may be done."""
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "event": event, **fields}, default=str) + "\n"
        try:
            data = line.encode()
            while data:
                data = data[os.write(self._handle, data) :]
            os.fsync(self._handle)
        except OSError as error:
            raise SourceError(
                f"cannot write the journal `{self.path}`: {error.strerror}; stopped before the next call"
            ) from error


def read_journal(path: Path) -> Record:
    """Return what a journal tells; a line that a crash tore is the last of its run and tells nothing.

    Raises InputError for a file that is no journal.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"cannot read the journal `{path}`: {error.strerror}") from error
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    if not entries or entries[0].get("event") != "started":
        raise InputError(f"`{path}` is no journal of `iamaudit apply`")
    started = entries[0]
    intended: dict[int, dict[str, Any]] = {}
    fates: dict[int, str] = {}
    done_at: dict[int, str] = {}
    undone: set[int] = set()
    for entry in entries:
        event, number = str(entry.get("event")), entry.get("n")
        if not isinstance(number, int):
            continue
        if event == "intends":
            intended.setdefault(number, entry["before"])
        elif event == "undone":
            undone.add(number)
        elif event not in {"calls", "answered", "undoing"}:
            fates[number] = event
            done_at[number] = str(entry["at"])
    events = [entry.get("event") for entry in entries]
    return Record(
        path,
        plan_from_json(started["plan"], where=f"`{path}`"),
        started,
        intended,
        fates,
        frozenset(undone),
        done_at,
        is_finished="finished" in events,
        is_rolled_back="rolled_back" in events,
    )


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _finish_torn_line(handle: int) -> None:
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.write(handle, b"\n")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
