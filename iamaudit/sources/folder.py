"""Log objects in a folder, or one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from iamaudit.errors import InputError, SourceError

SIDE_CARS = (".metadata.json",)


class Folder:
    """A `LogSource` over a directory tree, or over a single file.

    The key of an object begins at the last `AWSLogs/` of its path, when it has one: the same object has the same key
    from whichever folder above it one starts (domain.md §1.7). Hidden files and digest side-cars are not objects.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> Iterator[str]:
        """Yield paths relative to the root, sorted; raise `InputError` for a missing or empty place."""
        if not self.root.exists():
            raise InputError(f"there is nothing at `{self.root}`: give a folder of CloudTrail logs, or one log file")
        if self.root.is_file():
            yield self.root.name
            return
        found = False
        for directory, folders, files in os.walk(self.root, onerror=_cannot_list):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and not name.endswith(SIDE_CARS):
                    found = True
                    yield (Path(directory) / name).relative_to(self.root).as_posix()
        if not found:
            raise InputError(
                f"the folder `{self.root}` holds no files: give the folder that your trail's objects are in"
            )

    def read(self, key: str) -> bytes:
        """Return the bytes of one object."""
        path = self.root if self.root.is_file() else self.root / key
        try:
            return path.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot read `{path}`: {error.strerror or error}; check that it is readable") from error

    def describe(self, key: str) -> str:
        """Return where an object is, for messages."""
        return str(self.root if self.root.is_file() else self.root / key)


def ledger_key(root: Path, key: str) -> str:
    """Return the name under which the ledger counts an object: from its last `AWSLogs/`, else the relative path."""
    path = f"{root.as_posix()}/{key}"
    _, mark, rest = path.rpartition("AWSLogs/")
    return mark + rest if mark else key


def _cannot_list(error: OSError) -> None:
    raise SourceError(
        f"cannot list `{error.filename}`: {error.strerror}; a folder left out could make used look unused"
    )
