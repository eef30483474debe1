"""Recommendations: how good they are, judged by the world's truth beside two rivals, and how fast for a thousand principals.

python benchmarks/recommendations.py --principals 100 --only speed    # a look
python benchmarks/recommendations.py --write                          # the tables of the README
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import checkout as checkouts
import corpus as corpora
import estate as estates
import quality as qualities
from figures import HERE, keep, markdown, megabytes
from measure import Cost, run

UPDATE = (
    "from pathlib import Path; from iamaudit.lake.lake import find_lake; from iamaudit.stages.usage import update_usage; "
    "print(len(update_usage(find_lake(Path(sys.argv[1])))))"
)
TARGET_WALL = 120  # seconds for a thousand principals on two cores
TARGET_PEAK = 2e9  # bytes of the process tree


@dataclass(frozen=True, slots=True)
class Speed:
    """The best of a few runs of `iamaudit recommend`, and the CPU seconds of its stages in one process."""

    cost: Cost
    stages: dict[str, float]
    kinds: dict[str, int]


def speed(principals: int, repeat: int, checkout: Path) -> Speed:
    """Make the estate's lake once, and measure what `recommend` takes on it, everybody afresh each time."""
    place = estates.cached(principals)
    corpora.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
        lake, out = Path(folder) / "lake", Path(folder) / "bundles"
        _good(checkouts.run_cli(checkout, "ingest", place / "logs", "--lake", lake, "--json"))
        for state in sorted((place / "state").iterdir()):
            as_of = ("--as-of", estates.read(place).as_of)
            _good(checkouts.run_cli(checkout, "collect", "--lake", lake, "--from-files", state, *as_of, "--json"))
        _good(checkouts.run_code(checkout, UPDATE, lake))
        runs = []
        for turn in range(repeat):
            shutil.rmtree(out, ignore_errors=True)
            options = ("--as-of", estates.read(place).as_of, "--tolerate-gap-days", "3", "--afresh", "--json")
            runs.append(_good(checkouts.run_cli(checkout, "recommend", "--lake", lake, "--out", out, *options)))
            print(f"{turn + 1}/{repeat} recommend: {runs[-1].cpu:.1f} CPU s, {runs[-1].wall:.1f} s", file=sys.stderr)
        script = HERE / "recommend_stages.py"
        command = [sys.executable, script, lake, Path(folder) / "alone", estates.read(place).as_of]
        told = json.loads(_good(run(command, checkouts.environment(checkout))).output)
    cheapest = min(runs, key=lambda one: one.cpu)
    return Speed(cheapest, told["seconds"], told["kinds"])


def table(found: Speed, estate: estates.Estate) -> str:
    """Return the speed for people."""
    stages = [[name, f"{seconds:.1f}", "", "", ""] for name, seconds in found.stages.items()]
    cost = found.cost
    whole = ["**`iamaudit recommend`**", f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.cpu / cost.wall:.1f}"]
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.kinds.items()))
    about = (
        f"{estate.principals:,} users and roles of {estate.accounts} accounts, {estate.attached:,} managed policies attached: "
        f"{kinds}. Meant for a thousand: {TARGET_WALL} s on two cores that do nothing else, below {megabytes(TARGET_PEAK)} MB."
    )
    head = ["stage", "CPU s", "wall s", "cores", "peak MB"]
    return f"{about}\n\n{markdown(head, [*stages, [*whole, megabytes(cost.peak_rss)]])}"


def _good(cost: Cost) -> Cost:
    if cost.code != 0:
        raise SystemExit(f"a step failed: {cost.errors[-2000:]}")
    return cost


def main() -> None:
    """Measure what was asked for and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--principals", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--only", choices=("quality", "speed"))
    parser.add_argument("--checkout", type=Path, default=HERE.parent, help="for the speed")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.only != "speed":
        judged = qualities.measure()
        keep("quality", {"counts": qualities.figures(judged)}, qualities.table(judged), write=given.write)
    if given.only != "quality":
        found = speed(given.principals, given.repeat, given.checkout.resolve())
        figures = {
            "principals": estates.read(estates.cached(given.principals)).principals,
            "cpu_seconds": round(found.cost.cpu, 2),
            "wall_seconds": round(found.cost.wall, 2),
            "peak_rss": found.cost.peak_rss,
            "stages": {name: round(seconds, 2) for name, seconds in found.stages.items()},
        }
        keep("recommend", figures, table(found, estates.read(estates.cached(given.principals))), write=given.write)


if __name__ == "__main__":
    main()
