"""The lake's bytes in an S3 bucket, with a local copy of the parts that an engine opens."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from iamaudit.errors import InputError, SourceError
from iamaudit.model.place import AwsAccess
from iamaudit.sources.connect import Connection
from iamaudit.sources.patience import NotThereError, Patience, TakenError
from iamaudit.sources.s3 import S3, age_of

_WRITER: Final = "iamaudit-writer"
_PARTS: Final = ".parquet"  # named by their content: a copy of one never grows old
_THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class S3Store:
    """An `ObjectStore` at `s3://bucket/prefix`. Copies of parts are kept in *cache*, whole or not at all.

    S3 itself shows a reader the old object or the new one, and `If-None-Match` lets one of two writers win.
    """

    s3: S3
    prefix: str  # empty, or with a `/` at its end
    cache: Path  # this lake's own folder

    def read(self, key: str) -> bytes:
        """Return the whole object; raise `KeyError` if there is none."""
        try:
            with self.s3.get(self._name(key)) as file:
                return file.read()
        except NotThereError as error:
            raise KeyError(key) from error

    def write(self, key: str, data: bytes) -> None:
        """Store *data*; a part is also kept in the cache, since the next stage opens it."""
        self.s3.put(self._name(key), data)
        if key.endswith(_PARTS):
            self._keep(key, data)

    def write_new(self, key: str, data: bytes) -> bool:
        """Store *data* unless there is an object under *key*.

        When the answer of a successful write was lost, asking again finds the object: it bears this writer's mark.
        """
        mark = secrets.token_hex(8)
        try:
            self.s3.put(self._name(key), data, IfNoneMatch="*", Metadata={_WRITER: mark})
        except TakenError:
            try:
                return bool(self.s3.head(self._name(key)).get("Metadata", {}).get(_WRITER) == mark)
            except NotThereError:
                return False  # it was there, and has been deleted since
        return True

    def delete(self, key: str) -> None:
        """Take the object away, and its copy."""
        self.s3.delete(self._name(key))
        self._copy(key).unlink(missing_ok=True)

    def age(self, key: str) -> float:
        """Return the seconds since the object was written, by the server's clock."""
        try:
            return age_of(self.s3.head(self._name(key)))
        except NotThereError as error:
            raise KeyError(key) from error

    def exists(self, key: str) -> bool:
        """Say whether there is an object under *key*."""
        try:
            self.s3.head(self._name(key))
        except NotThereError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys in S3's order, which is that of their characters; raise rather than skip."""
        for found in self.s3.objects(self._name(prefix)):
            yield found.key.removeprefix(self.prefix)

    def location(self, key: str) -> str:
        """Return the path of a local copy, fetched if there is none yet."""
        copy = self._copy(key)
        if not copy.is_file():
            self._keep(key, self.read(key))
        return str(copy)

    def fetch(self, keys: Iterable[str]) -> None:
        """Fetch the copies of many parts at once, so that `location` need not wait for one after the other."""
        missing = [key for key in keys if not self._copy(key).is_file()]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="s3-fetch") as pool:
            for _ in pool.map(self.location, missing):
                pass

    def _name(self, key: str) -> str:
        if ".." in key.split("/") or key.startswith("/"):
            raise InputError(f"the key `{key}` leads out of the lake")
        return self.prefix + key

    def _copy(self, key: str) -> Path:
        self._name(key)
        return self.cache / key

    def _keep(self, key: str, data: bytes) -> None:
        copy = self._copy(key)
        writing = copy.parent / f".writing-{secrets.token_hex(8)}"
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                with writing.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                writing.replace(copy)
            finally:
                writing.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(
                f"cannot keep a copy of `{self.s3.url(self._name(key))}` in `{self.cache}`: "
                f"{error.strerror or error}; free some space"
            ) from error


def open_store(bucket: str, prefix: str, access: AwsAccess, *, cache: Path, patience: Patience) -> S3Store:
    """Return the store; its copies are below *cache*, apart from those of other lakes. Nothing is asked yet."""
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    place = f"{access.endpoint_url or ''}\n{bucket}\n{folder}"
    own = cache / "lakes" / hashlib.sha256(place.encode()).hexdigest()[:16]
    return S3Store(S3(bucket, Connection(access), patience), folder, own)
