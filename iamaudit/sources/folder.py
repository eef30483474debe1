"""Log objects in a folder, or one file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from iamaudit.errors import InputError, SourceError
from iamaudit.lake.lake import MARK
from iamaudit.ports import Listed
from iamaudit.sources.keys import ledger_key

SIDE_CARS = (".metadata.json",)


@dataclass(frozen=True, slots=True)
class Folder:
    """A `LogSource` over a directory tree, or over a single file.

    Hidden files and digest side-cars are not objects. Links are followed, and a folder is read once however many lead
    to it.
    """

    root: Path

    def describe(self) -> str:
        """Return the folder."""
        return str(self.root)

    def list(self) -> Iterator[Listed]:
        """Yield the files, folder by folder, sorted; raise `InputError` for a missing or empty place."""
        if not self.root.exists():
            raise InputError(f"there is nothing at `{self.root}`: give a folder of CloudTrail logs, or one log file")
        if self.root.is_file():
            yield _listed(self.root, self.root.name, ledger_key(_text(self.root.absolute().as_posix())))
            return
        found = False
        seen = {_identity(self.root)}
        for directory, folders, files in os.walk(self.root, onerror=_cannot_list, followlinks=True):
            visible = sorted(name for name in folders if not name.startswith("."))
            folders[:] = [name for name in visible if _is_new(Path(directory) / name, seen)]
            if MARK in files:
                folders[:], files[:] = [], []  # a lake: what it holds was read before
            for name in sorted(files):
                if not name.startswith(".") and not name.endswith(SIDE_CARS):
                    found = True
                    place = Path(directory) / name
                    path = place.relative_to(self.root).as_posix()
                    yield _listed(place, path, ledger_key(_text(place.absolute().as_posix()), otherwise=_text(path)))
        if not found:
            raise InputError(
                f"the folder `{self.root}` holds no files: give the folder that your trail's objects are in"
            )

    def open(self, entry: Listed) -> BinaryIO:
        """Open one file."""
        place = self.root if self.root.is_file() else self.root / entry.path
        try:
            if not stat.S_ISREG(place.stat().st_mode):
                raise SourceError(f"cannot read `{_text(str(place))}`: it is no file; take it out of the folder")
            return place.open("rb")
        except OSError as error:
            raise SourceError(
                f"cannot read `{_text(str(place))}`: {error.strerror or error}; check that it is readable"
            ) from error

    def done(self, entries: Iterable[Listed]) -> None:
        """Files stay where they are."""


def _listed(place: Path, path: str, key: str) -> Listed:
    """Return what the listing knows of a file; one that cannot be looked at is listed all the same, and fails to open."""
    try:
        about = place.stat()
    except OSError:
        return Listed(path, key, 0)
    times = f"{about.st_mtime_ns:x}-{about.st_ctime_ns:x}"
    return Listed(path, key, about.st_size, f"{times}-{about.st_ino:x}-{about.st_size:x}")


def _text(name: str) -> str:
    """Return a name as text that can be written down: what is not UTF-8 in it as escapes."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _identity(folder: Path) -> tuple[int, int]:
    about = folder.stat()
    return about.st_dev, about.st_ino


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Say whether a folder has not been met; a link may lead back up, or to a neighbour."""
    try:
        identity = _identity(folder)
    except OSError:
        return True  # reading it will say why it cannot be
    is_new = identity not in seen
    seen.add(identity)
    return is_new


def _cannot_list(error: OSError) -> None:
    raise SourceError(
        f"cannot list `{error.filename}`: {error.strerror}; a folder left out could make used look unused"
    )
