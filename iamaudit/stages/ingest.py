"""ingest: log objects into the lake, each once, whoever reads them and however often."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from iamaudit.errors import InputError
from iamaudit.lake.lake import Lake
from iamaudit.lake.ledger import Ledger
from iamaudit.lake.manifest import SourceObject
from iamaudit.model.tally import Tally, total
from iamaudit.ports import Listed, LogSource, Progress
from iamaudit.sources.folder import Folder
from iamaudit.sources.keys import delivery_day
from iamaudit.stages.ingest_batch import BatchDone, Wanted, ingest_batch
from iamaudit.stages.ingest_worker import Worker

BATCH_BYTES = 12 << 20  # compressed; about a hundred thousand records
BATCH_OBJECTS = 4_000
LISTED_AT_ONCE = 200_000  # objects that are sorted by day together: what is listed is never held whole
WORTH_A_PROCESS = 4 << 20  # bytes below which starting other processes takes longer than reading
_ZIPPED_NAMES = (".gz", ".parquet")
_ZIPS_TO = 8  # text that is not zipped weighs so much less

Run = Callable[[Sequence[Wanted]], BatchDone]


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


@dataclass(slots=True)
class _Night:
    """What one run has come to so far."""

    seen: int = 0
    already: int = 0
    skipped: int = 0  # of these, known by their version: not even opened
    unread: int = 0
    finished: int = 0
    ingested: int = 0
    aside: int = 0
    records: Tally = field(default_factory=Tally)
    batches: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    later: list[tuple[int, Listed]] = field(default_factory=list)  # of a key that this round has met before


def ingest(
    sources: Iterable[str | Path | LogSource],
    lake: Lake,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    batch_bytes: int = BATCH_BYTES,
) -> IngestResult:
    """Read every object of *sources* that the lake does not have yet.

    A source is a file, a folder or a `LogSource`. An object that cannot be read is set aside with its bytes, a source
    that is missing or empty is left out; both are named in `problems`, and the rest goes on. *workers* is how many
    processes decode (default: one for each core); *batch_bytes* how much is committed at once. Killed at any moment
    and run again, it ends with the same lake. Raises `InputError` when no source is left.
    """
    places = [_source(source) for source in sources]
    night = _Night()
    missing: list[InputError] = []
    listed = _listed(places, missing, night)
    is_paced = any(getattr(place, "one_process", False) for place in places)
    count = 1 if is_paced else min(workers or os.cpu_count() or 1, 8)
    with ExitStack() as stack:
        pool = _Pool(lake, places, count, stack)
        while chunk := list(islice(listed, LISTED_AT_ONCE)) or _rounds_later(night):
            for batch in _due(chunk, lake.ledger(), places, night, batch_bytes):
                pool.submit(batch)
                for done in pool.ready():
                    _take(done, places, night, progress)
            for done in pool.rest():  # what comes next is looked up in a ledger that has all of this
                _take(done, places, night, progress)
    if missing and not night.seen:
        raise missing[0]
    lake.ledger().fold()
    told = [problem for place in places for problem in getattr(place, "problems", ())]
    return IngestResult(
        night.seen,
        night.ingested,
        night.already,
        night.aside,
        night.records,
        tuple(sorted(night.batches)),
        (*map(str, missing), *told, *night.problems),
        night.unread,
        len(missing),
    )


def _rounds_later(night: _Night) -> list[tuple[int, Listed]]:
    """Return what was put off: objects whose key another object of the same round had; all of them, or none."""
    later, night.later = night.later, []
    return later


def _source(source: str | Path | LogSource) -> LogSource:
    if isinstance(source, str | Path):
        if source == "":  # `ingest "$LOGS"` with the variable unset must not read the current folder
            raise InputError("a source is empty: give a folder, a file or `s3://bucket/prefix`")
        if "://" in str(source):
            raise InputError(f"`{source}` is not a folder or a file: open it with `places.open_source` first")
        return Folder(Path(source))
    return source


def _listed(places: Sequence[LogSource], missing: list[InputError], night: _Night) -> Iterator[tuple[int, Listed]]:
    """Yield what every source lists; one that is not there is noted."""
    for number, place in enumerate(places):
        try:
            for entry in place.list():
                night.seen += 1
                yield number, entry
        except InputError as error:
            missing.append(error)


def _due(
    chunk: list[tuple[int, Listed]], ledger: Ledger, places: Sequence[LogSource], night: _Night, batch_bytes: int
) -> Iterator[list[Wanted]]:
    """Yield batches of what is to be read, by day of delivery, so that a batch touches few event days.

    Batches are cut over everything listed, read before or not: a run that was killed cuts the same batches again. What
    is left of batches that are known in part goes together.
    """
    known = ledger.known([entry.key for _, entry in chunk])
    chunk.sort(key=lambda one: (delivery_day(one[1].key), one[1].key, one[1].path))
    met: set[str] = set()
    scraps: list[Wanted] = []
    for batch in _cut(chunk, batch_bytes):
        fresh: list[Wanted] = []
        for number, entry in batch:
            remembered = known.get(entry.key, ())
            if entry.version and any(one.version == entry.version for one in remembered):
                night.already += 1
                night.skipped += 1
                places[number].done([entry])
            elif entry.key in met:
                night.later.append((number, entry))
            else:
                met.add(entry.key)
                fresh.append(Wanted(number, entry, frozenset(one.etag for one in remembered)))
        if len(fresh) == len(batch):
            yield fresh
            continue
        scraps += fresh
        if sum(_weight(one.entry) for one in scraps) >= batch_bytes // 2:
            yield scraps
            scraps = []
    if scraps:
        yield scraps


def _cut(chunk: list[tuple[int, Listed]], batch_bytes: int) -> Iterator[list[tuple[int, Listed]]]:
    batch: list[tuple[int, Listed]] = []
    size = 0
    for one in chunk:
        batch.append(one)
        size += _weight(one[1])
        if size >= batch_bytes or len(batch) == BATCH_OBJECTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _weight(entry: Listed) -> int:
    return entry.size if entry.path.endswith(_ZIPPED_NAMES) else entry.size // _ZIPS_TO


class _Pool:
    """Runs batches: here while they are few, then in worker processes."""

    def __init__(self, lake: Lake, sources: Sequence[LogSource], workers: int, stack: ExitStack) -> None:
        self.lake, self.sources, self.workers, self.stack = lake, sources, workers, stack
        self.first: list[Wanted] | None = None
        self.threads: ThreadPoolExecutor | None = None
        self.started = 0
        self.idle: SimpleQueue[Worker] = SimpleQueue()
        self.running: set[Future[BatchDone]] = set()

    def submit(self, batch: list[Wanted]) -> None:
        """Take a batch; the first waits until it is known whether there are others."""
        if self.threads is None:
            if self.first is None and sum(_weight(one.entry) for one in batch) < WORTH_A_PROCESS:
                self.first = batch
                return
            self._start()
            if self.first is not None:
                self._go(self.first)
                self.first = None
        self._go(batch)

    def ready(self) -> Iterator[BatchDone]:
        """Yield what is done; waits only when more is under way than the workers can take."""
        yield from self._done(most=2 * self.workers)

    def rest(self) -> Iterator[BatchDone]:
        """Yield everything that is still to come."""
        first, self.first = self.first, None
        if first is not None:
            yield ingest_batch(self.lake, self.sources, first)
        while self.running:
            yield from self._done(most=0)

    def _start(self) -> None:
        self.threads = ThreadPoolExecutor(self.workers)
        self.stack.callback(self.threads.shutdown, wait=True, cancel_futures=True)

    def _go(self, batch: list[Wanted]) -> None:
        """Give a batch to a worker; as many of them are started as there are batches, up to the number allowed."""
        if self.started < min(self.workers, len(self.running) + 1):
            worker = Worker(self.lake, self.sources)
            self.stack.callback(worker.stop)
            self.started += 1
            self.idle.put(worker)

        def run() -> BatchDone:
            worker = self.idle.get()
            try:
                return worker.run(batch)
            finally:
                self.idle.put(worker)

        if self.threads is not None:
            self.running.add(self.threads.submit(run))

    def _done(self, *, most: int) -> Iterator[BatchDone]:
        done, _ = wait(self.running, timeout=None if len(self.running) > most else 0, return_when=FIRST_COMPLETED)
        self.running -= done
        for future in done:
            yield future.result()


def _take(done: BatchDone, places: Sequence[LogSource], night: _Night, progress: Progress | None) -> None:
    """Write a batch into the night's books and tell its sources."""
    night.already += done.already
    night.unread += len(done.unread)
    night.problems += done.unread
    if done.manifest is not None:
        aside = sum(entry.status == "set_aside" for entry in done.manifest.objects)
        night.aside += aside
        night.ingested += len(done.manifest.objects) - aside
        night.records = total((night.records, *(entry.tally for entry in done.manifest.objects)))
        night.batches.append(done.manifest.batch_id)
        night.problems += [sentence for entry in done.manifest.objects if (sentence := problem_with(entry))]
    finished: dict[int, list[Listed]] = defaultdict(list)
    for one in done.finished:
        finished[one.source].append(one.entry)
    for number, entries in finished.items():
        places[number].done(entries)
    night.finished += len(done.finished) + len(done.unread)
    if progress is not None:
        progress(night.finished, night.seen - night.skipped, "log objects")


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
