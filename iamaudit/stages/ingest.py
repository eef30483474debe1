"""ingest: log objects into the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from iamaudit.errors import InputError, SourceError, UnreadableObjectError
from iamaudit.lake.ingest import DecodedObject, LogObject, batches, books, ingest_batch
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import EventsManifest, SourceObject
from iamaudit.model.tally import Tally
from iamaudit.ports import Listed, Progress
from iamaudit.sources.cloudtrail import decode, unreadable
from iamaudit.sources.folder import Folder

_DAY_PARTS = 3  # YYYY/MM/DD before the file name


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The books of one ingest: objects by fate, records by fate, the batches committed, and what went wrong."""

    seen: int
    ingested: int
    already_ingested: int
    set_aside: int
    records: Tally
    batches: tuple[str, ...]
    problems: tuple[str, ...] = ()
    unread: int = 0  # objects that are there and could not be opened; they are not in the ledger
    sources_missing: int = 0  # sources that are not there or hold nothing, while others were read

    @property
    def is_complete(self) -> bool:
        """Whether every source and every object of it could be read; odd records in them are in the books."""
        return not (self.set_aside or self.unread or self.sources_missing)

    @property
    def objects(self) -> dict[str, int]:
        """Objects by fate."""
        return {
            "seen": self.seen,
            "ingested": self.ingested,
            "already_ingested": self.already_ingested,
            "set_aside": self.set_aside,
            "unread": self.unread,
        }

    def as_json(self) -> dict[str, object]:
        """Return the shape of `ingest --json` (design.md §4)."""
        return {
            "objects": self.objects,
            "records": self.records.as_json(),
            "batches": list(self.batches),
            "problems": list(self.problems),
        }


def ingest(sources: Iterable[str | Path], lake: Lake, *, progress: Progress | None = None) -> IngestResult:
    """Read every object of *sources* that the lake does not have yet.

    A source is a file or a folder. An object that cannot be read is set aside with its bytes, a source that is missing
    or empty is left out; both are named in `problems`, and the rest goes on. Raises `InputError` when no source is left.
    """
    ledger = {(entry.key, entry.etag) for entry in lake.ledger().objects()}
    problems: list[str] = []
    counts = {"seen": 0, "already": 0, "unread": 0}
    listed: list[tuple[Folder, Listed]] = []
    missing: list[InputError] = []
    for source in sources:
        try:
            folder = _source(source)
            listed += [(folder, key) for key in _by_day(folder)]
        except InputError as error:
            missing.append(error)
    if missing and not listed:
        raise missing[0]
    problems += map(str, missing)

    def fresh() -> Iterator[LogObject]:
        for done, (folder, known) in enumerate(listed, 1):
            counts["seen"] += 1
            try:
                with folder.open(known) as file:
                    entry = LogObject(known.key, file.read())
            except SourceError as error:
                counts["unread"] += 1
                problems.append(f"{error}; the next run tries it again")
                continue
            identity = (entry.key, entry.etag)
            if identity in ledger:
                counts["already"] += 1
            else:
                ledger.add(identity)
                yield entry
            if progress is not None:
                progress(done, len(listed), "log objects")

    manifests: list[EventsManifest] = []
    for batch in batches(fresh()):
        manifests.append(ingest_batch(lake, batch, decode_object))
        problems += [sentence for entry in manifests[-1].objects if (sentence := problem_with(entry))]
    entries = [entry for manifest in manifests for entry in manifest.objects]
    aside = sum(entry.status == "set_aside" for entry in entries)
    return IngestResult(
        counts["seen"],
        len(entries) - aside,
        counts["already"],
        aside,
        books(manifests),
        tuple(manifest.batch_id for manifest in manifests),
        tuple(problems),
        counts["unread"],
        len(missing),
    )


def problem_with(entry: SourceObject) -> str | None:
    """Return what a person should know about an object of the ledger, or None when all of it was kept."""
    if entry.status == "set_aside":
        return (
            f"set aside `{entry.key}`: {entry.reason}; fetch it again from the trail's bucket and ingest it; "
            "its bytes are in the lake's quarantine"
        )
    if not entry.set_aside:
        return None
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(entry.set_aside.items()))
    return (
        f"set aside {sum(entry.set_aside.values())} of {entry.records_in} records of `{entry.key}`: {reasons}; "
        "look at them in the lake's quarantine"
    )


def _source(source: str | Path) -> Folder:
    if "://" in str(source):
        raise InputError(
            f"`{source}` is not a folder or a file: this version reads local copies; use `aws s3 sync` first"
        )
    return Folder(Path(source))


def _by_day(folder: Folder) -> list[Listed]:
    """Return the keys by delivery day, so that a batch touches few event days."""

    def day_first(entry: Listed) -> tuple[list[str], str]:
        parts = entry.path.split("/")[:-1]
        return [part for part in parts[-_DAY_PARTS:] if part.isdigit()], entry.path

    return sorted(folder.list(), key=day_first)


def decode_object(entry: LogObject, batch_id: str) -> DecodedObject:
    """Decode one object; one that cannot be read is set aside whole, with the reason."""
    try:
        found = decode(entry.data, source_key=entry.key, batch_id=batch_id)
    except UnreadableObjectError as error:
        return DecodedObject(None, Tally(), status="set_aside", reason=f"{unreadable(error)}: {error}")
    except RecursionError:
        return DecodedObject(None, Tally(), status="set_aside", reason="not_json: it is nested too deeply")
    if found.kind != "cloudtrail":
        return DecodedObject(None, Tally(), status="not_a_log", reason=found.kind)
    pieces = tuple((piece.reason, piece.data) for piece in found.set_aside)
    return DecodedObject(found.table, found.tally, pieces)
