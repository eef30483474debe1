"""The corpus: the example organisation several times over, in objects of the sizes that real trails deliver.

    python benchmarks/corpus.py --events 400000          # below benchmarks/.corpus/400000
    python benchmarks/corpus.py --events 60000 --to DIR

The world plays every day of several organisations, each with its own seed; account ids, principal ids, access keys and
regions of each are made its own, so that nothing is ever repeated: event ids, sessions, keys and request values are as
distinct as the world makes them. What differs from a world is delivery: each account and region's day is cut into
objects of log-normal length, and now and then a burst makes one object of several megabytes. `<folder>.json` beside
the folder says what was written and its sha256; the same arguments give the same bytes whatever `--jobs` is.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import re
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from iamaudit.world.accounts import ACCOUNTS
from iamaudit.world.entries import Entry
from iamaudit.world.organisation import example_organisation
from iamaudit.world.play import play_day

HERE = Path(__file__).parent
CACHE = HERE / ".corpus"
VERSION = 1  # of this recipe: another one makes another folder
END = date(2026, 11, 23)
DAYS = 90
REGIONS = (
    "eu-west-1",
    "us-east-2",
    "eu-north-1",
    "ap-southeast-2",
    "us-west-2",
    "sa-east-1",
    "eu-west-3",
    "ca-central-1",
)
SHARES = (12, 8, 5, 3, 2, 1, 1, 1)  # of the events, by organisation: few are busy, many are quiet
RARE = 87  # events that an organisation's day has at any scale, about
FREQUENT = 543  # and how many more at scale 1
EVENTS_PER_ORGANISATION = 130_000  # at least, about: fewer would make days of only a few events
BURST_EVERY = 30  # organisation-days
BUSIEST = (80_000, 0.15)  # events of the busiest day, at most, and as a share of all
LENGTH = (150, 1.69)  # of an object in records: median and sigma; the tail is what makes objects of megabytes
USUAL = 1.07  # what bursts and quiet days make of a day on average
LATE = 0.0006
LONGEST = 45_000
_IDENTIFIER = re.compile(rb"\b(AROA|AIDA|ASIA|AKIA)([A-Z0-9]{16,17})\b")
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TO_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the note beside a corpus says: events, objects, bytes, and a hash over all of it."""

    version: int
    events: int
    objects: int
    raw_bytes: int
    gz_bytes: int
    gz_p50: int
    gz_p90: int
    gz_p99: int
    gz_max: int
    accounts: int
    days: int
    late: int
    sha256: str  # over the lines `path raw-sha256`, sorted


@dataclass(frozen=True, slots=True)
class Written:
    """One object on disk."""

    path: str
    events: int
    raw: int
    gz: int
    sha256: str
    late: int


def make(directory: Path, *, events: int, days: int = DAYS, end: date = END, seed: int = 7, jobs: int = 2) -> Corpus:
    """Write about *events* events of the *days* before *end* below *directory*, or return what lies there already."""
    note = note_of(directory)
    if note.exists():
        return read(directory)
    if directory.exists() and any(directory.iterdir()):
        raise SystemExit(f"`{directory}` holds a corpus that was not finished: remove it and try again")
    shares = SHARES[: max(1, min(len(SHARES), events // EVENTS_PER_ORGANISATION))]
    most, part = BUSIEST
    busy = min(most, events * part)  # of such a day; the rest is spread over the other days
    count = 0 if days < DAYS else 1 + events // 400_000
    busy_days = {days * (n + 1) // (count + 1) for n in range(count)}
    usual = [max(events - busy * len(busy_days), 0) / days * share / sum(shares) / USUAL for share in shares]
    tasks = [
        (
            directory,
            number,
            end - timedelta(days=days - index),
            (index, days, seed),
            (amount, busy if number == 0 and index in busy_days else 0.0),
        )
        for index in range(days)
        for number, amount in enumerate(usual)
    ]
    with ProcessPoolExecutor(jobs) as pool:
        written = sorted(itertools.chain.from_iterable(pool.map(_write_day, tasks, chunksize=4)), key=lambda w: w.path)
    sizes = sorted(entry.gz for entry in written)
    lines = "".join(f"{entry.path} {entry.sha256}\n" for entry in written)
    corpus = Corpus(
        version=VERSION,
        events=sum(entry.events for entry in written),
        objects=len(written),
        raw_bytes=sum(entry.raw for entry in written),
        gz_bytes=sum(sizes),
        gz_p50=sizes[len(sizes) // 2],
        gz_p90=sizes[len(sizes) * 9 // 10],
        gz_p99=sizes[len(sizes) * 99 // 100],
        gz_max=sizes[-1],
        accounts=len({entry.path.split("/")[2] for entry in written}),
        days=days,
        late=sum(entry.late for entry in written),
        sha256=hashlib.sha256(lines.encode()).hexdigest(),
    )
    note.write_text(json.dumps(asdict(corpus), indent=1) + "\n", encoding="utf-8")
    return corpus


def note_of(directory: Path) -> Path:
    """Return where a corpus is described: beside its folder, which holds log objects only."""
    return directory.parent / f"{directory.name}.json"


def read(directory: Path) -> Corpus:
    """Return what is known of the corpus in *directory*."""
    return Corpus(**json.loads(note_of(directory).read_text(encoding="utf-8")))


def cached(events: int) -> Path:
    """Return the folder of the corpus of *events*, made if it is not there."""
    directory = CACHE / f"{events}-v{VERSION}"
    make(directory, events=events)
    return directory


def _write_day(task: tuple[Path, int, date, tuple[int, int, int], tuple[float, float]]) -> list[Written]:
    directory, organisation, day, (index, days, seed), (amount, busy) = task
    rng = Random(f"{seed}/{organisation}/{day}/corpus")
    burst = rng.randrange(BURST_EVERY) == 0 or busy > 0
    amount = busy or amount * (rng.uniform(3, 9) if burst else rng.uniform(0.6, 1.2))
    scale = max((amount - RARE) / FREQUENT, 0.02)
    entries = play_day(example_organisation(), day, index=index, days=days, seed=seed + organisation, scale=scale)
    streams: dict[tuple[str, str], list[tuple[datetime, Entry]]] = {}
    for entry in entries:
        if entry.account in _NUMBERS and entry.is_logged:
            streams.setdefault((entry.account, entry.region), []).append((entry.moment, entry))
    burst_stream = max(streams, key=lambda key: len(streams[key])) if burst else None
    written = []
    for key in sorted(streams):
        stream = sorted(streams[key], key=lambda item: item[0])
        start = 0
        while start < len(stream):
            length = _length(rng)
            if key == burst_stream and start == 0:
                length = LONGEST
            written.append(_write(directory, organisation, [entry for _, entry in stream[start : start + length]], rng))
            start += length
    return written


def _length(rng: Random) -> int:
    median, sigma = LENGTH
    return min(max(1, round(median * math.exp(rng.gauss(0, sigma)))), LONGEST)


def _write(directory: Path, organisation: int, entries: list[Entry], rng: Random) -> Written:
    late = 0
    texts = []
    for entry in entries:
        if rng.random() < LATE:
            late += 1
            texts.append(_TO_JSON({**entry.record, "addendum": {"reason": "DELIVERY_DELAY"}}))
        else:
            texts.append(_TO_JSON(entry.record))
    raw = _own(organisation, f'{{"Records":[{",".join(texts)}]}}'.encode())
    account = _own(organisation, entries[0].account.encode()).decode()
    region = _own(organisation, entries[0].region.encode()).decode()
    arrived = (entries[-1].moment + timedelta(seconds=rng.randrange(120, 540))).astimezone(UTC)
    suffix = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789", k=16))
    path = (
        f"AWSLogs/o-exampleorg{organisation:02}/{account}/CloudTrail/{region}/{arrived:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{arrived:%Y%m%dT%H%MZ}_{suffix}.json.gz"
    )
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    data = packer.compress(raw) + packer.flush()
    target = directory / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return Written(path, len(entries), len(raw), len(data), hashlib.sha256(raw).hexdigest(), late)


_NUMBERS = {account.id: position for position, account in enumerate(ACCOUNTS)}


def _own(organisation: int, text: bytes) -> bytes:
    """Make ids, keys, accounts and regions those of one organisation: the same text always becomes the same text."""
    if organisation == 0:
        return text
    rotated = _LETTERS[organisation * 3 :] + _LETTERS[: organisation * 3]
    table = bytes.maketrans(_LETTERS, rotated)
    text = _IDENTIFIER.sub(lambda found: found[1] + found[2].translate(table), text)
    for account, position in _NUMBERS.items():
        text = text.replace(account.encode(), f"{organisation}{position}{account[::-1][:10]}".encode())
    home = REGIONS[organisation % len(REGIONS)].encode()
    return text.replace(b"eu-west-1", home)


def paths(directory: Path) -> Iterator[Path]:
    """Yield the objects of a corpus by delivery day and name."""
    return iter(sorted(directory.rglob("*.json.gz"), key=lambda path: (path.parts[-4:-1], path.name)))


def main() -> None:
    """Make a corpus and print what it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    directory = given.to or CACHE / f"{given.events}-v{VERSION}"
    corpus = make(directory, events=given.events, days=given.days, jobs=given.jobs)
    json.dump(asdict(corpus) | {"directory": str(directory)}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
