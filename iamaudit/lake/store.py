"""Where the lake's bytes are: a folder, or memory for tests."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from iamaudit.errors import InputError, SourceError


class LocalStore:
    """An `ObjectStore` in a folder. Writes go to a temporary file beside the target, are synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def write(self, key: str, data: bytes) -> None:
        """Store *data*; no reader ever sees half of it."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writing = path.parent / f".writing-{secrets.token_hex(8)}"
            try:
                with writing.open(
                    "xb"
                ) as file:  # not mkstemp: the lake is read by others, as far as the umask lets them
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                writing.replace(path)
            finally:
                writing.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(
                f"cannot write `{path}`: {error.strerror or error}; free some space or pick another lake"
            ) from error

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[str]:
        """Yield keys sorted; half-written files are not objects."""
        start = self._path(prefix)
        folder = start if start.is_dir() else start.parent
        if not folder.is_dir():
            return
        keys = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        yield from sorted(key for key in keys if key.startswith(prefix) and "/.writing-" not in f"/{key}")

    def location(self, key: str) -> str:
        """Return the object's path."""
        return str(self._path(key))

    def _path(self, key: str) -> Path:
        path = self.root / key
        if ".." in Path(key).parts or Path(key).is_absolute():
            raise InputError(f"the key `{key}` leads out of the lake")
        return path


class MemoryStore:
    """An `ObjectStore` in a dict, for tests of what does not need an engine."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        return self.objects[key]

    def write(self, key: str, data: bytes) -> None:
        """Store *data* in one step."""
        if ".." in key.split("/") or key.startswith("/"):
            raise InputError(f"the key `{key}` leads out of the lake")
        self.objects[key] = data

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        return key in self.objects

    def list(self, prefix: str) -> Iterator[str]:
        """Yield keys sorted."""
        yield from sorted(key for key in self.objects if key.startswith(prefix))

    def location(self, key: str) -> str:
        """Memory has no place an engine could open."""
        raise InputError(f"`{key}` is in memory only")
