"""A folder that holds digests: their S3 metadata lies beside them, as `aws s3api head-object` prints it (design.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from iamaudit.errors import SourceError, UnreadableObjectError
from iamaudit.ports import Listed
from iamaudit.sources.folder import Folder

SUFFIX = ".metadata.json"
_PREFIX = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class SignedFolder:
    """A `SignedSource` over a copy of a bucket: `<object>.metadata.json` holds an object's metadata."""

    root: Path

    @property
    def bucket(self) -> None:
        """Nobody knows which bucket a folder is a copy of."""
        return

    @property
    def _folder(self) -> Folder:
        return Folder(self.root.absolute())  # the folder's own place may be below `AWSLogs`

    def describe(self) -> str:
        """Return the folder."""
        return str(self.root)

    def list(self) -> Iterator[Listed]:
        """Yield the files; raise `InputError` for a missing or empty place."""
        return self._folder.list()

    def open(self, entry: Listed) -> BinaryIO:
        """Open one file."""
        return self._folder.open(entry)

    def done(self, entries: Iterable[Listed]) -> None:
        """Files stay where they are."""

    def metadata(self, entry: Listed) -> Mapping[str, str] | None:
        """Return what lies beside the object, names in lower case; None when nothing does."""
        place = self.root if self.root.is_file() else self.root / entry.path
        try:
            data = place.with_name(place.name + SUFFIX).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SourceError(f"cannot read `{entry.path}{SUFFIX}`: {error.strerror or error}") from error
        try:
            value = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise UnreadableObjectError(f"`{SUFFIX}` beside it is not JSON: {error}") from error
        found = value.get("Metadata", value) if isinstance(value, dict) else None
        if not isinstance(found, dict):
            raise UnreadableObjectError(f"`{SUFFIX}` beside it holds no `Metadata`")
        return {str(name).lower().removeprefix(_PREFIX): str(text) for name, text in found.items()}
