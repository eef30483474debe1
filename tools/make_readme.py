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
from iamaudit.stages.outcome import Recommendation

README = Path(__file__).resolve().parents[1] / "README.md"
ROLE = "monthly-snapshots"
FURTHER = {"load-orchestrator": "a state machine's role", "orders-api-execution": "what ECS needs to start a task"}


def examples(place: Path) -> dict[str, str]:
    """Return the blocks by name, from a demo organisation made at *place*."""
    night = make_demo(place, days=120, seed=7)
    iamaudit.ingest(night.sources, night.lake)
    iamaudit.collect(night.lake, from_files=night.collect.from_files, as_of=night.as_of)
    with iamaudit.open_lake(night.lake, as_of=night.as_of) as lake:
        text = io.StringIO()
        Console(file=text, width=200).print(findings_table(lake.findings("idle_password")))
        arns = {row.name: row.arn for row in lake.query("select name, arn from stg_principals").itertuples()}
        made = {name: lake.recommend(place / "bundles", [arns[name]])[0] for name in (ROLE, *FURTHER)}
    return {
        "finding": _block("", "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())),
        "policy": _told(made[ROLE]),
        "policies": "\n\n".join(
            f"<details><summary><code>{name}</code>, {what}</summary>\n\n{_told(made[name])}\n\n</details>"
            for name, what in FURTHER.items()
        ),
    }


def _told(one: Recommendation) -> str:
    """Return before, after and proof of one recommendation."""
    if one.bundle is None or one.certificate is None:
        raise SystemExit(f"the example `{one.principal}` has no bundle: {one.refused}")
    current = json.loads((one.bundle / "current.json").read_text())["policies"]
    statements = [s for policy in current for s in policy["document"]["Statement"]]
    names = ("actions_before", "actions_after", "replayed", "allowed", "denied", "widened", "confidence")
    parts = [
        f"Before (from {len(current)} {'policy' if len(current) == 1 else 'policies'}):",
        _block("json", "\n".join(f"  {json.dumps(statement)}" for statement in statements)),
    ]
    for number, path in enumerate(sorted(one.bundle.glob("policy-*.json"))):
        said = "; what the logs cannot show is kept, and says so in its Sid" if number == 0 else ""
        parts += [f"After, `{path.name}`{said}:", _block("json", path.read_text().rstrip())]
    proof = json.dumps({name: one.certificate[name] for name in names})
    return "\n\n".join([*parts, "The proof, from `certificate.json`:", _block("json", proof)])


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
