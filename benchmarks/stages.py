"""The stages one by one: the decoder against its slow twin, the roll-up of new days, `map`, and what starting costs.

python benchmarks/stages.py --events 100000 [--write]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import checkout as checkouts
import corpus as corpora
from figures import HERE, keep, markdown
from isal import igzip
from measure import Cost, run

UPDATE = (
    "from pathlib import Path; from iamaudit.lake.lake import find_lake; from iamaudit.stages.usage import update_usage; "
    "print(len(update_usage(find_lake(Path(sys.argv[1])))))"
)
MAPPED = 20_000  # events: `map` is for people who look at a few


def main() -> None:
    """Measure every stage once or *repeat* times and print the least CPU of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--large", action="store_true", help="two million events")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    place = given.corpus or corpora.cached(2_000_000 if given.large else given.events)
    checkout = given.checkout.resolve()
    corpus = corpora.read(place)
    corpora.CACHE.mkdir(exist_ok=True)
    found: dict[str, tuple[int, float]] = {}  # name -> events, CPU seconds

    def note(name: str, events: int, cpu: float) -> None:
        found[name] = (events, min(cpu, found.get(name, (0, cpu))[1]))
        print(f"{name}: {cpu:.2f} CPU s", file=sys.stderr)

    with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
        sample, lines = _sample(place, Path(folder))
        for turn in range(given.repeat):
            for which, name in (("unzip", "unzip alone"), ("quick", "decoder alone"), ("slow", "its slow twin")):
                script = HERE / "decoder_alone.py"
                told = json.loads(_good(run([sys.executable, script, checkout, place, which])).output)
                if told["events"] != corpus.events:
                    raise SystemExit(f"`{which}` decoded {told['events']} events of {corpus.events}")
                note(name, told["events"], told["cpu"])
            lake = Path(folder) / f"lake-{turn}"
            _good(checkouts.run_cli(checkout, "ingest", place, "--lake", lake, "--json"))
            cost = _good(checkouts.run_code(checkout, UPDATE, lake))
            note("roll-up of the new days, with start-up", corpus.events, cost.cpu)
            cost = _good(checkouts.run_cli(checkout, "map", sample))
            if cost.output.count("\n") != lines:
                raise SystemExit(f"`map` printed {cost.output.count(chr(10))} lines for {lines} records")
            note("`map`, with start-up", lines, cost.cpu)
            note("`iamaudit --help`", 0, _good(checkouts.run_cli(checkout, "--help")).cpu)
    keep("stages", {"cpu_seconds": {k: round(v[1], 3) for k, v in found.items()}}, table(found), write=given.write)


def table(found: dict[str, tuple[int, float]]) -> str:
    """Return the stages for people; ratios are per event, to unzipping alone."""
    events, cpu = found["unzip alone"]
    unzip = cpu / events
    rows = [
        [
            name,
            f"{cpu:.2f}",
            f"{events:,}" if events else "",
            f"{events / cpu:,.0f}" if events else "",
            f"{cpu / events / unzip:.1f}" if events else "",
        ]
        for name, (events, cpu) in found.items()
    ]
    return markdown(["stage", "CPU s", "events", "events / CPU s", "per event / unzip"], rows)


def _sample(place: Path, folder: Path) -> tuple[Path, int]:
    """Write the first events of the corpus as JSON lines; return where, and how many."""
    target = folder / "sample.jsonl"
    count = 0
    with target.open("w", encoding="utf-8") as file:
        for path in corpora.paths(place):
            for record in json.loads(igzip.decompress(path.read_bytes()))["Records"]:
                file.write(json.dumps(record) + "\n")
                count += 1
            if count >= MAPPED:
                break
    return target, count


def _good(cost: Cost) -> Cost:
    if cost.code != 0:
        raise SystemExit(f"a stage failed: {cost.errors[-2000:]}")
    return cost


if __name__ == "__main__":
    main()
