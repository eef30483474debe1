"""Where ingest's time goes: py-spy looks at all its processes 250 times a second, and each look is counted twice.

    python benchmarks/profile_ingest.py --corpus DIR [--checkout DIR] [--lines 25] [--flame out.svg]

First by step (unzip, parse, columns, …): what the innermost line of iamaudit was doing, by the words in the source line.
Then by that line itself, so that nothing hides behind a wrong guess. Looks at idle threads do not count.
"""

from __future__ import annotations

import argparse
import json
import linecache
import re
import tempfile
from collections import Counter
from pathlib import Path

import checkout as checkouts
import corpus as corpora
from against_rivals import RIVALS
from figures import HERE, markdown
from measure import run

RATE = 250
PY_SPY = RIVALS.with_name("py-spy")
STEPS = (  # the first that fits; a line that fits none is Python's own work
    ("import", r"^(?:from \S+ )?import |^import "),
    ("hash", r"sha256|hashlib|\.update\(|digest"),
    ("fsync and rename", r"fsync|replace\(|os\.link|\.rename\("),
    ("unzip", r"igzip|isal|decompress|gunzip|unzip"),
    ("parse", r"\.decode\(|decode_lines|msgspec"),
    ("Parquet", r"write_table|ParquetWriter|write_batch"),
    ("sort", r"sort_by|sort_indices|\.take\(|argsort"),
    ("columns", r"pa\.|pc\.|pyarrow|from_pylist|from_arrays|concat|cast\(|dictionary_encode"),
    ("read and write files", r"\.read\(|read_bytes|\.write\(|open\(|stat\(|is_file|listdir|scandir|\.list\("),
)
_FRAME = re.compile(r"^(?P<name>.*) \((?P<file>.+):(?P<line>\d+)\)$")


def look(stack: str, checkout: Path) -> tuple[str, str]:
    """Return the step and the line that a stack stands for."""
    frames = [found for text in stack.split(";") if (found := _FRAME.match(text))]
    if any("importlib" in frame["file"] for frame in frames):
        return "import", "import"
    own = [frame for frame in frames if "iamaudit/" in frame["file"]]
    if not own:
        return "interpreter", "(outside iamaudit)"
    frame = own[-1]
    name = "iamaudit/" + frame["file"].rpartition("iamaudit/")[2]
    source = linecache.getline(str(checkout / name), int(frame["line"])).strip()
    step = next((step for step, words in STEPS if re.search(words, source)), "Python")
    return step, f"{name.removeprefix('iamaudit/')}:{frame['line']} {frame['name']}: {source[:80]}"


def main() -> None:
    """Profile one ingest into an empty lake and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--checkout", type=Path, default=HERE.parent)
    parser.add_argument("--lines", type=int, default=25)
    parser.add_argument("--flame", type=Path, help="also a flame graph, as SVG")
    given = parser.parse_args()
    place = given.corpus or corpora.cached(given.events)
    checkout = given.checkout.resolve()
    corpora.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=corpora.CACHE, prefix="out-") as folder:
        for form, target in (("raw", Path(folder) / "looks.txt"), ("flamegraph", given.flame)):
            if target is None:
                continue
            spy = [PY_SPY, "record", "--subprocesses", "--rate", str(RATE), "--format", form, "--output", target, "--"]
            command = [*spy, *checkouts.CLI, "ingest", place, "--lake", Path(folder) / form, "--json"]
            cost = run(command, checkouts.environment(checkout))
            if cost.code != 0:
                raise SystemExit(f"py-spy or ingest failed: {cost.errors[-2000:]}")
        looks = (Path(folder) / "looks.txt").read_text(encoding="utf-8").splitlines()
    steps: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for text in looks:
        stack, _, count = text.rpartition(" ")
        step, line = look(stack, checkout)
        steps[step] += int(count)
        lines[line] += int(count)
    total = sum(steps.values())
    events = corpora.read(place).events
    for head, found in (("step", steps), ("line", Counter(dict(lines.most_common(given.lines))))):
        rows = [
            [f"`{name}`" if head == "line" else name, f"{n / total:.1%}", f"{n / RATE / events * 1e6:.2f}"]
            for name, n in found.most_common()
        ]
        print(markdown([head, "share", "us / event"], rows), end="\n\n")
    print(json.dumps({"events": events, "busy_seconds": round(total / RATE, 2)}))


if __name__ == "__main__":
    main()
