"""Ingest against its rivals: each a whole process over the same objects, and the floor that nobody gets below.

    python benchmarks/against_rivals.py --events 100000 --repeat 1            # a look
    python benchmarks/against_rivals.py --events 400000 --repeat 3 --write    # the table of the README
    python benchmarks/against_rivals.py --only ours --checkout ../other       # another checkout of iamaudit

Candidates take turns, so that a noisy minute hits all of them; the least CPU of each counts.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import checkout as checkouts
import corpus as corpora
from figures import HERE, keep, markdown, megabytes
from measure import Cost, run

RIVALS = HERE / ".venvs" / "rivals" / "bin" / "python"
TRAILSCRAPER = HERE / ".venvs" / "trailscraper" / "bin" / "trailscraper"
FLOOR = "unzip only, 2 processes"
OURS = "iamaudit ingest"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to get the events out of log objects; *scope* says how much of them."""

    name: str
    scope: str  # full | core | policy | nothing
    script: str = ""
    arguments: tuple[str, ...] = ()


CANDIDATES = (
    Candidate("unzip only, 1 process", "nothing", "unzip_only.py", ("1",)),
    Candidate(FLOOR, "nothing", "unzip_only.py", ("2",)),
    Candidate(OURS, "full"),
    Candidate("DuckDB, `read_json_objects` + `from_json`", "full", "duckdb_sql.py", ("objects",)),
    Candidate("orjson + isal + pyarrow", "full", "orjson_pyarrow.py"),
    Candidate("DuckDB, `read_json(columns=…)`", "full", "duckdb_sql.py", ("obvious",)),
    Candidate("json + gzip + pyarrow", "full", "json_pyarrow.py"),
    Candidate("pandas + json", "full", "pandas_json.py"),
    Candidate("Polars", "core", "polars_core.py"),
    Candidate("trailscraper, select + generate", "policy"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """The best of a candidate's runs."""

    cpu: float
    wall: float
    peak_rss: int
    bytes_out: int
    events: int | None  # None when the tool does not count them


def measure(candidate: Candidate, corpus: Path, out: Path, checkout: Path) -> Result:
    """Run one candidate once, into an empty folder, and count what it wrote."""
    if candidate.name == OURS:
        cost = checkouts.run_cli(checkout, "ingest", corpus, "--lake", out, "--json")
        events: int | None = json.loads(_good(cost, candidate.name))["records"]["kept"]
    elif candidate.scope == "policy":
        return _trailscraper(candidate, corpus, out)
    else:
        cost = run([RIVALS, HERE / "rivals" / candidate.script, corpus, out, *candidate.arguments])
        events = json.loads(_good(cost, candidate.name))["events"]
    return Result(cost.cpu, cost.wall, cost.peak_rss, _size(out), events)


def _trailscraper(candidate: Candidate, corpus: Path, out: Path) -> Result:
    out.mkdir(parents=True)
    selected = out / "selected.json"
    first = run([TRAILSCRAPER, "select", "--log-dir", corpus, "--from", "2026-01-01", "--to", "2027-01-01"])
    selected.write_text(_good(first, candidate.name), encoding="utf-8")
    second = run([TRAILSCRAPER, "generate"], stdin=selected)
    policy = _good(second, candidate.name)
    return Result(
        first.cpu + second.cpu, first.wall + second.wall, max(first.peak_rss, second.peak_rss), len(policy), None
    )


def _good(cost: Cost, name: str) -> str:
    if cost.code != 0:
        raise SystemExit(f"`{name}` failed: {cost.errors[-2000:]}")
    return cost.output


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0


def values_of(out: Path) -> dict[str, list[int]]:
    """Return a hash of each column that a candidate wrote; of ours, of the table of deliveries."""
    written = sorted(out.rglob("*.parquet"))
    files = [path for path in written if {"deliveries", "events"} & set(path.relative_to(out).parts)] or written
    answer: dict[str, list[int]] = json.loads(_good(run([RIVALS, HERE / "rivals" / "values.py", *files]), "values.py"))
    return answer


def agree(values: dict[str, dict[str, list[int]]]) -> None:
    """Stop unless all who did the full task wrote the same values: a fast wrong answer is no answer."""
    for (one, found), (other, expected) in itertools.pairwise(values.items()):
        if different := [column for column, value in found.items() if value != expected[column]]:
            raise SystemExit(f"`{one}` and `{other}` wrote different values in {different}")


def best(runs: Sequence[Result]) -> Result:
    """Return the run of least CPU, with the least wall and the most memory of any."""
    cheapest = min(runs, key=lambda result: result.cpu)
    return Result(
        cheapest.cpu,
        min(result.wall for result in runs),
        max(result.peak_rss for result in runs),
        cheapest.bytes_out,
        cheapest.events,
    )


def table(results: dict[str, Result], corpus: corpora.Corpus) -> str:
    """Return the comparison for people, cheapest first."""
    floor, mine = results.get(FLOOR), results.get(OURS)
    rows = []
    order = sorted((c for c in CANDIDATES if c.name in results), key=lambda c: results[c.name].cpu)
    for candidate in order:
        found = results[candidate.name]
        rows.append(
            [
                f"**{candidate.name}**" if candidate.name == OURS else candidate.name,
                candidate.scope,
                f"{found.cpu:.2f}",
                f"{corpus.events / found.cpu:,.0f}",
                f"{found.wall:.2f}",
                f"{found.cpu / found.wall:.1f}",
                megabytes(found.peak_rss),
                megabytes(found.bytes_out),
                f"{found.cpu / floor.cpu:.1f}" if floor else "",
                f"{found.cpu / mine.cpu:.2f}" if mine else "",
            ]
        )
    head = [
        "candidate",
        "scope",
        "CPU s",
        "events / CPU s",
        "wall s",
        "cores",
        "peak MB",
        "output MB",
        "CPU / unzip",
        "CPU / ours",
    ]
    about = (
        f"{corpus.events:,} events in {corpus.objects:,} objects of {corpus.accounts} accounts, "
        f"{megabytes(corpus.raw_bytes)} MB, {megabytes(corpus.gz_bytes)} MB compressed "
        f"(objects p50 {corpus.gz_p50 / 1e3:.1f} KB, p90 {corpus.gz_p90 / 1e3:.0f} KB, p99 {corpus.gz_p99 / 1e3:.0f} KB, "
        f"max {corpus.gz_max / 1e6:.1f} MB)."
    )
    return f"{about}\n\n{markdown(head, rows)}"


def main() -> None:
    """Measure the candidates that were asked for and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--large", action="store_true", help="two million events")
    parser.add_argument("--corpus", type=Path, help="a folder that corpus.py made, instead of the cached one")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", help="candidates whose name holds one of these words, e.g. `ours,unzip`")
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--write", action="store_true", help="into README.md and latest.json")
    given = parser.parse_args()
    place = given.corpus or corpora.cached(2_000_000 if given.large else given.events)
    corpus = corpora.read(place)
    wanted = [word.strip() for word in (given.only or "").replace("ours", OURS).split(",")]
    chosen = [c for c in CANDIDATES if any(word in c.name for word in wanted)]
    if not TRAILSCRAPER.exists():
        print("trailscraper is not installed below benchmarks/.venvs: left out", file=sys.stderr)
        chosen = [c for c in chosen if c.scope != "policy"]
    for path in corpora.paths(place):
        path.read_bytes()  # warm, for all alike
    runs: dict[str, list[Result]] = {}
    values: dict[str, dict[str, list[int]]] = {}
    for turn in range(given.repeat):
        for candidate in chosen:
            with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
                out = Path(folder) / "out"
                found = measure(candidate, place, out, given.checkout.resolve())
                if turn == 0 and candidate.scope == "full":
                    values[candidate.name] = values_of(out)
            print(
                f"{turn + 1}/{given.repeat} {candidate.name}: {found.cpu:.2f} CPU s, {found.wall:.2f} s",
                file=sys.stderr,
            )
            if found.events not in {None, corpus.events}:
                raise SystemExit(f"`{candidate.name}` saw {found.events} events of {corpus.events}")
            runs.setdefault(candidate.name, []).append(found)
    agree(values)
    results = {name: best(found) for name, found in runs.items()}
    figures = {
        "corpus": {"events": corpus.events, "sha256": corpus.sha256},
        "cpu_seconds": {name: round(found.cpu, 3) for name, found in results.items()},
        "wall_seconds": {name: round(found.wall, 3) for name, found in results.items()},
        "peak_rss": {name: found.peak_rss for name, found in results.items()},
    }
    keep("ingest", figures, table(results, corpus), write=given.write)


if __name__ == "__main__":
    main()
