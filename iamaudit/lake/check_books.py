"""Whether the books of ingest balance, and whether what was set aside is still there with its reasons."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from iamaudit.errors import BooksDoNotBalanceError
from iamaudit.lake.commits import AGAIN, Commits
from iamaudit.lake.manifest import EventsManifest, SourceObject
from iamaudit.lake.problem import BROKEN, NOTE, Problem
from iamaudit.ports import ObjectStore

FETCH = "fetch `{0}` from its source again and ingest it into a new lake to see what it holds"


def batch_problems(key: str, manifest: EventsManifest) -> Iterator[Problem]:
    """Yield what is wrong with the books of one batch, as far as the manifest itself tells."""
    if _name_of(manifest.objects) != manifest.batch_id:
        yield Problem(BROKEN, "the manifest's objects are not those that gave the batch its name", key, AGAIN)
    for entry in manifest.objects:
        counts = (entry.size, entry.records_in, entry.kept, *entry.ignored.values(), *entry.set_aside.values())
        if min(counts) < 0:
            yield Problem(BROKEN, f"the books of `{entry.key}` count below nothing", key, AGAIN)
            continue
        try:
            _ = entry.tally
        except BooksDoNotBalanceError as error:
            yield Problem(BROKEN, f"the books of `{entry.key}` do not balance: {error}", key, AGAIN)
    kept, written = sum(entry.kept for entry in manifest.objects), sum(part.rows for part in manifest.parts)
    if kept != written:
        yield Problem(BROKEN, f"the batch kept {kept} records and wrote {written} rows", key, AGAIN)


def quarantine_problems(store: ObjectStore, commits: Commits) -> Iterator[Problem]:
    """Yield what is wrong with the quarantine: bytes without a reason, reasons without bytes, counts that differ."""
    keys = set(store.list("quarantine/"))
    notes: Counter[tuple[str, str, str]] = Counter()  # object, etag, reason before its colon
    explained: set[str] = set()
    for key in sorted(keys):
        if key.endswith(".bin"):
            if hashlib.sha256(store.read(key)).hexdigest()[:32] != _stem(key):
                yield Problem(BROKEN, "the bytes that were set aside are damaged", key, "restore it from a backup")
            continue
        bytes_key = f"quarantine/{_stem(key)}.bin"
        explained.add(bytes_key)
        if bytes_key not in keys:
            yield Problem(BROKEN, f"the bytes that were set aside are missing: `{bytes_key}`", key, "restore them")
        try:
            about = json.loads(store.read(key))
            notes[about["object"], about["etag"], about["reason"].partition(":")[0]] += 1
        except (ValueError, KeyError, TypeError, AttributeError):
            yield Problem(BROKEN, "the reason why bytes were set aside cannot be read", key, "restore it from a backup")
            continue
        if hashlib.sha256(store.read(key)).hexdigest()[:8] != key.rpartition(".why-")[2].removesuffix(".json"):
            yield Problem(BROKEN, "the reason why bytes were set aside was changed", key, "restore it from a backup")
    for key in sorted(keys - explained):
        if key.endswith(".bin"):
            yield Problem(NOTE, "nobody says why these bytes were set aside", key, "keep them; ingest again names them")
    yield from _books_against_notes(commits.troubled, notes)


def _books_against_notes(troubled: list[SourceObject], notes: Counter[tuple[str, str, str]]) -> Iterator[Problem]:
    """Compare the books with the quarantine: equal pieces of one object stand there once."""
    known: set[tuple[str, str, str]] = set()
    for entry in {(entry.key, entry.etag): entry for entry in troubled}.values():
        expected = dict(entry.set_aside)
        if entry.status == "set_aside":
            expected[(entry.reason or "").partition(":")[0]] = 1
        for reason, count in sorted(expected.items()):
            name = (entry.key, entry.etag, reason.partition(":")[0])
            known.add(name)
            if not 1 <= notes[name] <= max(count, 1):
                what = f"the books set aside {count} of `{entry.key}` ({reason}), the quarantine has {notes[name]}"
                yield Problem(BROKEN, what, "quarantine/", FETCH.format(entry.key))
    for key, _, reason in sorted(notes.keys() - known):
        what = f"the quarantine holds `{reason}` of `{key}`, which no commit tells of"
        yield Problem(NOTE, what, "quarantine/", "an ingest was killed there: run it again")


def _name_of(objects: Iterable[SourceObject]) -> str:
    """Return the name that these objects give a batch; worked out here once more, so that one mistake is not two."""
    text = "\n".join(sorted(f"{entry.key}\x1f{entry.etag}" for entry in objects))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stem(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]
