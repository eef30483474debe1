"""What a night costs on a young lake, on a year-old one, and against a ledger of five million objects.

    python benchmarks/nights.py [--write]      # the first run builds the lakes: about three minutes

The same new day is ingested and rolled up on a lake of 30 nights and on one of 365, each a copy of a lake that was made
night by night. The large ledger is a checkpoint in the lake's own format, under manifests that hold nothing else.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import checkout as checkouts
import corpus as corpora
import pyarrow as pa
from figures import HERE, keep, markdown, megabytes
from measure import Cost
from stages import UPDATE

from iamaudit.lake.lake import create_lake
from iamaudit.lake.ledger import OBJECTS_SCHEMA, Ledger
from iamaudit.lake.manifest import EventsManifest, to_bytes

HISTORIES = (30, 365)  # nights
EVENTS_A_NIGHT = 400
NEW_EVENTS = 55_000  # asked for; a quiet day of it: some thirty thousand
LEDGER = 5_000_000
CHUNK = 250_000
BATCHES = 1_500  # that the ledger's objects came in
REGIONS = ("eu-west-1", "us-east-1", "eu-central-1", "us-east-2", "ap-southeast-2", "us-west-2")
BUILD = (
    "from pathlib import Path; import iamaudit; nights = sorted(Path(sys.argv[1]).iterdir()); "
    "[iamaudit.ingest(night, sys.argv[2]) for night in nights[-int(sys.argv[3]):]]; "
    "from iamaudit.lake.lake import find_lake; from iamaudit.stages.usage import update_usage; "
    "update_usage(find_lake(Path(sys.argv[2])))"
)


@dataclass(frozen=True, slots=True)
class Night:
    """One night: what `ingest` and the roll-up took."""

    name: str
    ingest: Cost
    usage: Cost | None = None

    @property
    def cpu(self) -> float:
        """CPU seconds of both."""
        return self.ingest.cpu + (self.usage.cpu if self.usage else 0)

    @property
    def wall(self) -> float:
        """Seconds of both."""
        return self.ingest.wall + (self.usage.wall if self.usage else 0)


def main() -> None:
    """Build what is not there, measure each night, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--ledger", type=int, default=LEDGER, help="objects; 0 leaves it out")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    checkout = given.checkout.resolve()
    nights, bucket = _nights()
    new = corpora.CACHE / f"new-day-v{corpora.VERSION}"
    corpora.make(new, events=NEW_EVENTS, days=1)
    one = _one_object(new)
    lakes = {f"{history} nights": _lake(checkout, nights, history) for history in HISTORIES}
    measured: dict[str, list[Night]] = defaultdict(list)
    for _ in range(given.repeat):
        measured["start-up: one small object, an empty lake"].append(_night(checkout, "start-up", one, None))
        for name, lake in lakes.items():
            measured[f"a new day on {name}"].append(_night(checkout, name, new, lake))
        name, lake = list(lakes.items())[-1]
        measured[f"the same, and all {max(HISTORIES)} days are listed again"].append(
            _night(checkout, name, new, lake, also=bucket)
        )
    if given.ledger:
        big = _big_ledger(given.ledger)
        for _ in range(given.repeat):
            measured[f"a new day against {given.ledger:,} objects in the ledger, ingest only"].append(
                _night(checkout, "ledger", new, big, usage=False)
            )
    best = {name: min(found, key=lambda night: night.cpu) for name, found in measured.items()}
    keep("nights", {"cpu_seconds": {k: round(v.cpu, 3) for k, v in best.items()}}, table(best), write=given.write)


def table(best: dict[str, Night]) -> str:
    """Return the nights for people, and the ratio that the issue asks for."""
    rows = [
        [
            name,
            f"{night.ingest.cpu:.2f}",
            f"{night.usage.cpu:.2f}" if night.usage else "",
            f"{night.wall:.2f}",
            megabytes(max(night.ingest.peak_rss, night.usage.peak_rss if night.usage else 0)),
        ]
        for name, night in best.items()
    ]
    young, old = (best[f"a new day on {history} nights"] for history in HISTORIES)
    start = next(iter(best.values())).cpu
    new = corpora.read(corpora.CACHE / f"new-day-v{corpora.VERSION}")
    return (
        f"The new day: {new.events:,} events in {new.objects:,} objects.\n\n"
        + markdown(["night", "ingest CPU s", "roll-up CPU s", "wall s", "peak MB"], rows)
        + f"\n\n{HISTORIES[1]} nights of history against {HISTORIES[0]}: "
        f"{old.cpu / young.cpu:.2f} times the CPU, {(old.cpu - start) / (young.cpu - start):.2f} times without start-up."
    )


def _night(
    checkout: Path, name: str, source: Path, lake: Path | None, *, also: Path | None = None, usage: bool = True
) -> Night:
    """Ingest and roll up on a copy of *lake*; files are linked, since the lake never writes into one."""
    with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
        target = Path(folder) / "lake"
        if lake is not None:
            shutil.copytree(lake, target, copy_function=os.link)
        sources = [source] if also is None else [also, source]
        ingest = _good(checkouts.run_cli(checkout, "ingest", *sources, "--lake", target, "--json"))
        rolled = _good(checkouts.run_code(checkout, UPDATE, target)) if usage else None
    night = Night(name, ingest, rolled)
    print(f"{name}: {night.cpu:.2f} CPU s, {night.wall:.2f} s", file=sys.stderr)
    return night


def _nights() -> tuple[Path, Path]:
    """Return a folder of nights, each a folder of what was delivered then, and the bucket that holds all of them."""
    days = max(HISTORIES)
    bucket = corpora.CACHE / f"year-v{corpora.VERSION}"
    corpora.make(bucket, events=EVENTS_A_NIGHT * days, days=days, end=corpora.END - timedelta(days=1))
    nights = corpora.CACHE / f"year-by-night-v{corpora.VERSION}"
    for path in corpora.paths(bucket):
        place = nights / "-".join(path.parts[-4:-1]) / path.relative_to(bucket)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            os.link(path, place)
    return nights, bucket


def _one_object(new: Path) -> Path:
    """Return a folder with the smallest object of the new day."""
    folder = corpora.CACHE / "one-object"
    smallest = min(corpora.paths(new), key=lambda path: (path.stat().st_size, path.name))
    target = folder / smallest.name
    folder.mkdir(exist_ok=True)
    if not target.exists():
        shutil.copyfile(smallest, target)
    return folder


def _lake(checkout: Path, nights: Path, history: int) -> Path:
    """Return a lake that *history* nights made; it is made again when the package changes."""
    name = f"lake-{history}-{checkouts.fingerprint(checkout)}"
    lake = corpora.CACHE / name
    if not (lake / "done").exists():
        print(f"building a lake of {history} nights ...", file=sys.stderr)
        for old in [*corpora.CACHE.glob(f"lake-{history}-*")]:
            shutil.rmtree(old)
        _good(checkouts.run_code(checkout, BUILD, nights, lake / "lake", str(history)))
        (lake / "done").touch()
    return lake / "lake"


def _big_ledger(objects: int) -> Path:
    """Return a lake that has read *objects* objects in a year and holds no event of them."""
    place = corpora.CACHE / f"ledger-{objects}"
    if (place / "done").exists():
        return place / "lake"
    shutil.rmtree(place, ignore_errors=True)
    print(f"building a ledger of {objects:,} objects ...", file=sys.stderr)
    store = create_lake(place / "lake").store
    batches = [f"{number:024x}" for number in range(BATCHES)]
    for batch in batches:
        store.write(f"manifests/events/{batch}.json", to_bytes(EventsManifest(batch, (), ())))
    chunks = [_objects(range(start, min(start + CHUNK, objects)), batches) for start in range(0, objects, CHUNK)]
    table = pa.concat_tables(chunks)
    Ledger(store)._write(batches, table, (), ())  # noqa: SLF001  # a checkpoint as the lake writes it
    (place / "done").touch()
    return place / "lake"


def _objects(numbers: range, batches: list[str]) -> pa.Table:
    """Return lines of the ledger: one object each, all read, names and hashes as long and as distinct as real ones."""
    days = [corpora.END - timedelta(days=n + 1) for n in range(365)]
    folders = [f"{day:%Y/%m/%d}" for day in days]
    stamps = [f"{day:%Y%m%d}T0000Z" for day in days]
    hashes = secrets.token_hex(32 * len(numbers))
    made: dict[str, list[str | None] | list[int]] = {"day": [], "key": [], "etag": [], "version": [], "batch_id": []}
    for position, number in enumerate(numbers):
        turn = number % len(days)
        account, region = 100_000_000_000 + number % 97, REGIONS[number % len(REGIONS)]
        folder = f"AWSLogs/o-exampleorg01/{account}/CloudTrail/{region}/{folders[turn]}/"
        values = (
            days[turn].isoformat(),
            f"{folder}{account}_CloudTrail_{region}_{stamps[turn]}_{number:016x}.json.gz",
            hashes[64 * position : 64 * position + 64],
            hashes[64 * position : 64 * position + 32],
            batches[number % len(batches)],
        )
        for column, value in zip(made.values(), values, strict=True):
            column.append(value)  # type: ignore[arg-type]  # these five are texts
    same = {"status": "ingested", "kind": "cloudtrail", "reason": None, "ignored": "{}", "set_aside": "{}"}
    made |= {name: [value] * len(numbers) for name, value in same.items()}
    made |= {name: [value] * len(numbers) for name, value in {"size": 9_000, "records_in": 50, "kept": 50}.items()}
    return pa.table([pa.array(made[field.name], field.type) for field in OBJECTS_SCHEMA], schema=OBJECTS_SCHEMA)


def _good(cost: Cost) -> Cost:
    if cost.code != 0:
        raise SystemExit(f"a night failed: {cost.errors[-2000:]}")
    return cost


if __name__ == "__main__":
    main()
