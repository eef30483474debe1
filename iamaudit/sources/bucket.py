"""Log objects in an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from iamaudit.errors import InputError
from iamaudit.lake.layout import ledger_key
from iamaudit.model.place import AwsAccess
from iamaudit.ports import Listed
from iamaudit.sources.bucket_walk import walk
from iamaudit.sources.by_day import by_day
from iamaudit.sources.connect import Connection
from iamaudit.sources.folder import SIDE_CARS
from iamaudit.sources.patience import NotThereError, Patience
from iamaudit.sources.s3 import S3, Found
from iamaudit.sources.window import Window


@dataclass(frozen=True, slots=True)
class Bucket:
    """A `LogSource` over `s3://bucket/prefix`: a folder, one object, or all keys that begin like that.

    With a *window* only its days of delivery are listed; without, everything is. Side-cars that a folder's copy brought
    along are not objects.
    """

    s3: S3
    prefix: str = ""
    window: Window = field(default_factory=Window)

    def describe(self) -> str:
        """Return the URL."""
        return self.s3.url(self.prefix)

    def list(self) -> Iterator[Listed]:
        """Yield the objects by day of delivery; raise `InputError` for a missing or empty place."""
        return by_day(self._listed(entry) for entry in self._found() if not entry.key.endswith(SIDE_CARS))

    def open(self, entry: Listed) -> BinaryIO:
        """Return the object's bytes, complete; large ones are in a temporary file."""
        return self.s3.get(self._base + entry.path)

    def metadata(self, entry: Listed) -> Mapping[str, str]:
        """Return the object's own metadata, which digests carry their signature in."""
        return dict(self.s3.head(self._base + entry.path).get("Metadata", {}))

    def done(self, entries: Iterable[Listed]) -> None:
        """Objects stay where they are."""

    @property
    def _base(self) -> str:
        """What paths are relative to: known without asking, since another process opens what this one lists."""
        return self.prefix[: self.prefix.rfind("/") + 1]

    def _listed(self, entry: Found) -> Listed:
        key = ledger_key(entry.key, otherwise=self.s3.url(entry.key))
        return Listed(entry.key.removeprefix(self._base), key, entry.size, entry.etag)

    def _found(self) -> Iterator[Found]:
        try:
            roots = self._roots()
            for root in roots:
                if isinstance(root, Found):
                    yield root
                elif self.window.is_open:
                    yield from self.s3.objects(root)
                else:
                    yield from walk(self.s3, root, self.window)
        except NotThereError as error:
            raise InputError(str(error)) from error
        if not roots:
            raise InputError(
                f"there is nothing at `{self.describe()}`: give the bucket and the prefix that your trail delivers to"
            )

    def _roots(self) -> tuple[str | Found, ...]:
        """Return the folder or object of that name; when there is neither, the name is the beginning of names."""
        first = next(self.s3.objects(self.prefix), None)
        if first is None:
            return ()
        if not self.prefix or self.prefix.endswith("/"):
            return (self.prefix,)
        folder = self.prefix + "/"
        exact = (first,) if first.key == self.prefix else ()
        within = (folder,) if next(self.s3.objects(folder), None) else ()
        return (*exact, *within) or (self.prefix,)


def open_bucket(bucket: str, prefix: str, access: AwsAccess, *, window: Window, patience: Patience) -> Bucket:
    """Return the source; nothing is asked yet."""
    return Bucket(S3(bucket, Connection(access), patience), prefix, window)
