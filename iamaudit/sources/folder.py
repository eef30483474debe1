"""Log objects in a folder, or one file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from iamaudit.errors import InputError, SourceError
from iamaudit.ports import Listed
from iamaudit.sources.keys import ledger_key

SIDE_CARS = (".metadata.json",)


@dataclass(frozen=True, slots=True)
class Folder:
    """A `LogSource` over a directory tree, or over a single file.

    Hidden files and digest side-cars are not objects.
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
            yield _listed(self.root, self.root.name, ledger_key(f"{self.root.as_posix()}"))
            return
        found = False
        for directory, folders, files in os.walk(self.root, onerror=_cannot_list):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and not name.endswith(SIDE_CARS):
                    found = True
                    place = Path(directory) / name
                    path = place.relative_to(self.root).as_posix()
                    yield _listed(place, path, ledger_key(place.as_posix(), otherwise=path))
        if not found:
            raise InputError(
                f"the folder `{self.root}` holds no files: give the folder that your trail's objects are in"
            )

    def open(self, entry: Listed) -> BinaryIO:
        """Open one file."""
        place = self.root if self.root.is_file() else self.root / entry.path
        try:
            return place.open("rb")
        except OSError as error:
            raise SourceError(f"cannot read `{place}`: {error.strerror or error}; check that it is readable") from error

    def done(self, entries: Iterable[Listed]) -> None:
        """Files stay where they are."""


def _listed(place: Path, path: str, key: str) -> Listed:
    """Return what the listing knows of a file; one that cannot be looked at is listed all the same, and fails to open."""
    try:
        about = place.stat()
    except OSError:
        return Listed(path, key, 0)
    return Listed(path, key, about.st_size, f"{about.st_mtime_ns:x}-{about.st_ctime_ns:x}-{about.st_ino:x}")


def _cannot_list(error: OSError) -> None:
    raise SourceError(
        f"cannot list `{error.filename}`: {error.strerror}; a folder left out could make used look unused"
    )
