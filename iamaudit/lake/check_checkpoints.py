"""Whether the ledger's checkpoints say what the manifests say; they are derived, so the remedy is always to delete."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.ledger import Checkpoint
from iamaudit.lake.manifest import EventsManifest, Part, SourceObject, from_bytes
from iamaudit.lake.problem import BROKEN, NOTE, Problem
from iamaudit.ports import ObjectStore

_WORD = 1 << 64
DELETE = "delete `{0}`: the manifests have it all, and another checkpoint is made when it is due"


class Sums:
    """What each batch's ledger lines add up to: a few bytes a batch, so that a checkpoint can be compared in a stream."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.parts: dict[str, int] = {}

    def add(self, manifest: EventsManifest) -> None:
        """Take note of one commit."""
        for entry in manifest.objects:
            self.lines[manifest.batch_id] = _added(self.lines[manifest.batch_id], entry)
        self.parts[manifest.batch_id] = _sum(manifest.parts)


def checkpoint_problems(store: ObjectStore, sums: Sums) -> Iterator[Problem]:
    """Yield what is wrong with the checkpoints."""
    for key in store.list("ledger/"):
        if not key.endswith(".json"):
            continue
        remedy = DELETE.format(key)
        try:
            checkpoint = from_bytes(store.read(key), Checkpoint, key=key)
        except (PromiseBrokenError, KeyError):
            yield Problem(NOTE, "the checkpoint cannot be read, so it is not used", key, remedy)
            continue
        if not sums.parts.keys() >= set(checkpoint.batches):
            lost = ", ".join(f"`{batch}`" for batch in sorted(set(checkpoint.batches) - sums.parts.keys())[:3])
            what = f"the checkpoint tells of a batch whose manifest is not there ({lost}), so it is not used"
            yield Problem(BROKEN, what, key, "restore manifests/events/ from a backup, or ingest again and delete it")
            continue
        if not store.exists(checkpoint.objects):
            yield Problem(NOTE, f"`{checkpoint.objects}` is not there, so the checkpoint is not used", key, remedy)
            continue
        yield from (Problem(BROKEN, what, key, remedy) for what in _differences(store, checkpoint, sums))


def _differences(store: ObjectStore, checkpoint: Checkpoint, sums: Sums) -> Iterator[str]:
    if _sum(checkpoint.parts) != sum(sums.parts[batch] for batch in set(checkpoint.batches)) % _WORD:
        yield "the checkpoint names other parts than the manifests"
    found: Counter[str] = Counter()
    troubled = 0
    try:
        file = pq.ParquetFile(pa.BufferReader(store.read(checkpoint.objects)))
        for batch in file.iter_batches(20_000):
            for row in batch.to_pylist():
                entry = _entry(row)
                found[row["batch_id"]] = _added(found[row["batch_id"]], entry)
                if entry.status == "set_aside" or entry.set_aside:
                    troubled = _added(troubled, entry)
    except KeyError:
        return  # another writer has merged it away meanwhile
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        yield f"the checkpoint's objects cannot be read: {str(error).splitlines()[0]}"
        return
    if {batch: found[batch] for batch in checkpoint.batches} != {
        batch: sums.lines[batch] for batch in checkpoint.batches
    } or found.keys() - set(checkpoint.batches):
        yield "the checkpoint's objects or books are not those of the manifests"
    if troubled != _sum(checkpoint.troubled):
        yield "the checkpoint's list of what was set aside is not that of its objects"


def _entry(row: dict[str, object]) -> SourceObject:
    fields = {name: row[name] for name in SourceObject.__dataclass_fields__}
    for name in ("ignored", "set_aside"):
        fields[name] = json.loads(str(row[name]))
    return SourceObject(**fields)  # type: ignore[arg-type]  # the columns are the fields


def _added(so_far: int, value: SourceObject | Part) -> int:
    """Add a value's fingerprint; the order of the values does not matter, their number does."""
    return (so_far + _fingerprint(value)) % _WORD


def _sum(values: Iterable[SourceObject | Part]) -> int:
    return sum(map(_fingerprint, values)) % _WORD


def _fingerprint(value: SourceObject | Part) -> int:
    return hash(msgspec.json.encode(value, order="deterministic"))
