"""House rules of the other files: facts have sources, nothing tells of a machine, the README knows every verb."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from iamaudit.cli import cli

ROOT = Path(__file__).resolve().parents[2]
FACTS = sorted((ROOT / "iamaudit" / "knowledge" / "data").glob("*.csv"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: what is committed is not known")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_there_are_facts():
    assert FACTS


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_every_fact_has_a_source(path):
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        bare = [row for row in reader if not (row["source"] or "").strip()]

    assert "source" in (reader.fieldnames or ())
    assert [] == bare


@pytest.mark.skipif("iamaudit" not in README, reason="README.md is not written yet: it names no `iamaudit`")
@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_is_named_in_the_readme(verb):
    assert re.search(rf"\biamaudit {verb}\b", README)


def test_the_lock_file_names_no_server():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert [] == re.findall(r"https?://\S*", text)


def test_no_committed_file_tells_a_path_of_a_machine(committed):
    roots = re.compile(rb"(?<![\w.~/}-])/(?:" + b"|".join([b"wor" + b"k", b"ro" + b"ot", b"ho" + b"me"]) + rb")/\w")
    telling = [path.relative_to(ROOT).as_posix() for path in committed if roots.search(path.read_bytes())]

    assert [] == telling
