"""The seam: a place that holds digests, and knows the metadata that S3 keeps beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from iamaudit.ports import Listed, LogSource


class SignedSource(LogSource, Protocol):
    """A `LogSource` whose objects may be signed; it is asked from several threads at once."""

    @property
    def bucket(self) -> str | None:
        """The bucket whose keys the paths of `list` are, or None for a copy, whose bucket nobody can check."""
        ...

    def metadata(self, entry: Listed) -> Mapping[str, str] | None:
        """Return the object's user metadata without the `x-amz-meta-` prefix; None when it is not known.

        Raises `UnreadableObjectError` when it is there and cannot be understood, `SourceError` when nobody answers.
        """
        ...
