"""A bucket that holds digests: full keys, since where an object lies is signed, and S3's metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from iamaudit.ports import Listed
from iamaudit.sources.bucket import Bucket


@dataclass(frozen=True, slots=True)
class SignedBucket:
    """A `SignedSource` over a `Bucket`: its paths are the bucket's keys."""

    source: Bucket

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.source.s3.bucket

    def describe(self) -> str:
        """Return the URL."""
        return self.source.describe()

    def list(self) -> Iterator[Listed]:
        """Yield the objects; raise `InputError` for a missing or empty place."""
        base = self.source.prefix[: self.source.prefix.rfind("/") + 1]
        return (replace(entry, path=base + entry.path) for entry in self.source.list())

    def open(self, entry: Listed) -> BinaryIO:
        """Return the object's bytes."""
        return self.source.s3.get(entry.path)

    def done(self, entries: Iterable[Listed]) -> None:
        """Objects stay where they are."""

    def metadata(self, entry: Listed) -> Mapping[str, str]:
        """Return the object's user metadata; S3 always knows it."""
        found = self.source.s3.head(entry.path).get("Metadata", {})
        return {str(name).lower(): str(text) for name, text in found.items()}
