"""Fill the README's examples from the example organisation; a slow test checks that they are what the tool prints.

Between `<!-- NAME -->` and `<!-- /NAME -->` stands what a command printed. Run after a change of output.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path

from rich.console import Console

import iamaudit
from iamaudit.report.terminal import findings_table
from iamaudit.stages.demo import make_demo

README = Path(__file__).resolve().parents[1] / "README.md"
ROLE = "monthly-snapshots"


def examples(place: Path) -> dict[str, str]:
    """Return the blocks by name, from a demo organisation made at *place*."""
    night = make_demo(place, days=120, seed=7)
    iamaudit.ingest(night.sources, night.lake)
    iamaudit.collect(night.lake, from_files=night.collect.from_files, as_of=night.as_of)
    with iamaudit.open_lake(night.lake, as_of=night.as_of) as lake:
        text = io.StringIO()
        Console(file=text, width=200).print(findings_table(lake.findings("idle_password")))
        role = lake.query("select arn from stg_principals where name = $name", {"name": ROLE}).arn[0]
        [one] = lake.recommend(place / "bundles", [role])
    if one.bundle is None or one.certificate is None:
        raise SystemExit(f"the example role `{ROLE}` has no bundle: {one.refused}")
    current = json.loads((one.bundle / "current.json").read_text())
    statements = [s for policy in current["policies"] for s in policy["document"]["Statement"]]
    before = "\n".join(f"  {json.dumps(statement)}" for statement in statements)
    after = (one.bundle / "policy-1.json").read_text().rstrip()
    names = ("actions_before", "actions_after", "replayed", "allowed", "denied", "widened", "confidence")
    proof = json.dumps({name: one.certificate[name] for name in names})
    return {
        "finding": _block("", "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())),
        "policy": "\n\n".join(
            (
                "Before (from two policies):",
                _block("json", before),
                "After, from `policy-1.json`; what the logs cannot show is kept, and says so in its Sid:",
                _block("json", after),
                "The proof, from `certificate.json`:",
                _block("json", proof),
            )
        ),
    }


def filled(readme: str, blocks: dict[str, str]) -> str:
    """Return the README with the blocks put between their marks."""
    for name, text in blocks.items():
        readme = re.sub(
            rf"<!-- {name} -->.*?<!-- /{name} -->",
            lambda _, name=name, text=text: f"<!-- {name} -->\n\n{text}\n\n<!-- /{name} -->",
            readme,
            flags=re.DOTALL,
        )
    return readme


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        README.write_text(filled(README.read_text(), examples(Path(folder) / "demo")))
    print("wrote README.md")
