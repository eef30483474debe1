"""Where the lake's bytes are: a folder, or memory for tests."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from iamaudit.errors import InputError, SourceError

WRITING = ".writing-"


class LocalStore:
    """An `ObjectStore` in a folder. Writes go to a temporary file beside the target, are synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise KeyError(key) from error
        except OSError as error:
            raise SourceError(f"cannot read `{self._path(key)}`: {error.strerror or error}; check the disk") from error

    def write(self, key: str, data: bytes) -> None:
        """Store *data*; no reader ever sees half of it."""
        self._put(key, data, only_new=False)

    def _put(self, key: str, data: bytes, *, only_new: bool) -> bool:
        path = self._path(key)
        try:
            _make_folder(path.parent)
            # not mkstemp: the lake is read by others, as far as the umask lets them
            writing = path.parent / f"{WRITING}{secrets.token_hex(8)}"
            try:
                with writing.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if only_new and not _linked(writing, path):
                    return False
                if not only_new:
                    writing.replace(path)
            finally:
                writing.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise SourceError(
                f"cannot write `{path}`: {error.strerror or error}; free some space or pick another lake"
            ) from error
        return True

    def write_new(self, key: str, data: bytes) -> bool:
        """Store *data* unless there is an object under *key*: a hard link is made by one writer only."""
        return self._put(key, data, only_new=True)

    def delete(self, key: str) -> None:
        """Take the object away."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(f"cannot delete `{self._path(key)}`: {error.strerror or error}") from error

    def age(self, key: str) -> float:
        """Return the seconds since the file was written, by this machine's clock."""
        try:
            return time.time() - self._path(key).stat().st_mtime
        except OSError as error:
            raise KeyError(key) from error

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[str]:
        """Yield keys sorted; half-written files are not objects."""
        start = self._path(prefix)
        folder = start if not prefix or prefix.endswith("/") else start.parent
        if not folder.is_dir():
            return
        keys = (
            (Path(directory) / name).relative_to(self.root).as_posix()
            for directory, _, names in os.walk(folder, onerror=_cannot_list)
            for name in names
            if not name.startswith(WRITING)
        )
        yield from sorted(key for key in keys if key.startswith(prefix))

    def location(self, key: str) -> str:
        """Return the object's path."""
        return str(self._path(key))

    def _path(self, key: str) -> Path:
        return self.root / _inside(key)


def _linked(writing: Path, path: Path) -> bool:
    """Give the written file its name unless something has it; only one of two writers can."""
    try:
        os.link(writing, path)
    except FileExistsError:
        return False
    return True


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; a name that is new to its own folder must last too."""
    missing = [above for above in (folder, *folder.parents) if not above.is_dir()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last: a manifest must not outlive, in a power cut, the name of a part that it lists."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_list(error: OSError) -> None:
    raise SourceError(
        f"cannot list `{error.filename}`: {error.strerror}; a lake seen in part would tell half the truth"
    )


def _inside(key: str) -> str:
    if ".." in key.split("/") or key.startswith("/"):
        raise InputError(f"the key `{key}` leads out of the lake")
    return key


class MemoryStore:
    """An `ObjectStore` in a dict, for tests of what does not need an engine."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.written: dict[str, float] = {}

    def __reduce__(self) -> str:
        """Refuse: what another process wrote to a copy would be lost."""
        raise TypeError("memory cannot be shared with another process")

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        return self.objects[_inside(key)]

    def write(self, key: str, data: bytes) -> None:
        """Store *data* in one step."""
        self.objects[_inside(key)] = data
        self.written[key] = time.time()

    def write_new(self, key: str, data: bytes) -> bool:
        """Store *data* unless there is an object under *key*."""
        if _inside(key) in self.objects:
            return False
        self.write(key, data)
        return True

    def delete(self, key: str) -> None:
        """Take the object away."""
        self.objects.pop(_inside(key), None)

    def age(self, key: str) -> float:
        """Return the seconds since the object was written."""
        return time.time() - self.written[_inside(key)]

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        return _inside(key) in self.objects

    def list(self, prefix: str) -> Iterator[str]:
        """Yield keys sorted."""
        start = _inside(prefix)
        yield from sorted(key for key in self.objects if key.startswith(start))

    def location(self, key: str) -> str:
        """Memory has no place an engine could open."""
        raise InputError(f"`{key}` is in memory only")
