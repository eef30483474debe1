"""Manifests: the commits of the lake. A part that no manifest names does not exist.

`manifests/events/<batch>.json`   what one ingest batch read (the ledger of source objects) and wrote
`manifests/compact/<table>/dt=<day>.json`  which parts of a closed day were rewritten into which
`manifests/usage/dt=<day>.json`   the roll-ups of one event day, and from which event parts they were made
`manifests/state/<capture>.json`  one collection of AWS state
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from iamaudit.errors import BooksDoNotBalanceError, PromiseBrokenError
from iamaudit.model.tables import WITH_PRINCIPALS
from iamaudit.model.tally import Tally, total

FORMAT = 1
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: its key in the lake, what it holds, and how to check it."""

    key: str
    table: str
    rows: int
    bytes: int
    sha256: str
    dt: str | None = None


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One log object in the ledger: its name and content hash, and its books."""

    key: str
    etag: str  # sha256 of the bytes as stored
    size: int
    status: str  # ingested | set_aside | not_a_log
    reason: str | None = None
    records_in: int = 0
    kept: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, int] = field(default_factory=dict)
    kind: str = "cloudtrail"  # what the content is: cloudtrail | config | s3_access | cloudfront | ocsf | digest | …
    version: str = ""  # what the source's listing said of the bytes: the same version need not be read again

    @property
    def tally(self) -> Tally:
        """The object's books; raises when they do not balance."""
        return Tally(self.records_in, self.kept, self.ignored, self.set_aside)


@dataclass(frozen=True, slots=True)
class EventsManifest:
    """The commit of one ingest batch."""

    batch_id: str
    objects: tuple[SourceObject, ...]
    parts: tuple[Part, ...]
    format: int = FORMAT

    def check(self) -> None:
        """Raise `BooksDoNotBalanceError` unless the rows written are the records kept."""
        kept = total(entry.tally for entry in self.objects).kept
        written = sum(part.rows for part in self.parts)
        if kept != written:
            raise BooksDoNotBalanceError(f"batch `{self.batch_id}` kept {kept} records and wrote {written}")


@dataclass(frozen=True, slots=True)
class CompactManifest:
    """The commit of one table's rewritten day: `parts` hold every row of `inputs`, parts that ingest wrote.

    A day's files are `parts` and what ingest wrote since; whoever compacts again names all inputs again, so that of
    two writers' commits either is whole.
    """

    table: str
    dt: str
    inputs: tuple[str, ...]  # keys of ingest's parts, sorted
    parts: tuple[Part, ...]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class UsageManifest:
    """The commit of one day's roll-ups."""

    dt: str
    inputs: tuple[str, ...]  # keys of the event parts read, sorted
    mapping_version: str
    parts: tuple[Part, ...]
    format: int = FORMAT
    sessions_before: tuple[str, ...] = ()  # keys of the day before's sessions: a chain of roles goes over midnight


@dataclass(frozen=True, slots=True)
class StateManifest:
    """The commit of one collection of AWS state."""

    capture_id: str
    captured_at: str
    accounts: Mapping[str, Mapping[str, int]]
    missing: tuple[Mapping[str, str], ...]
    parts: tuple[Part, ...]
    format: int = FORMAT
    sequence: int = 0  # among the captures of one instant: the higher was written later

    def replaces(self, other: StateManifest) -> bool:
        """Whether *other*, of the same instant, is an earlier account of no more than this one tells."""
        return self._is_of_the_same(other) and all(self._tells_of(part.table) for part in other.parts)

    def tells_again(self, other: StateManifest, table: str) -> bool:
        """Whether *other*, of the same instant, is an earlier account of what this one says of *table*."""
        return self._is_of_the_same(other) and self._tells_of(table)

    def _is_of_the_same(self, other: StateManifest) -> bool:
        return (
            self.captured_at == other.captured_at
            and self.sequence > other.sequence
            and bool(other.accounts)
            and other.accounts.keys() <= self.accounts.keys()
        )

    def _tells_of(self, table: str) -> bool:
        """Whether the capture has rows of *table*, or says by those that it has that there are none."""
        own = {part.table for part in self.parts}
        return table in own or (table in WITH_PRINCIPALS and "principals" in own)


def to_bytes(manifest: object) -> bytes:
    """Return the manifest as JSON text that is the same for the same content."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)


def from_bytes(data: bytes, kind: type[M], *, key: str) -> M:
    """Read a manifest; raise `PromiseBrokenError` when it is not one of ours."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise PromiseBrokenError(
            f"the manifest `{key}` cannot be read: {error}; restore it or delete it and ingest again"
        ) from error
