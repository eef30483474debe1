"""The installed command, as a process of its own, on real input."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not beside the repository")
TRAIL = DATA / "cloudtrail" / "invictus"


def iamaudit(*words, stdin=None):
    command = [sys.executable, "-c", "from iamaudit.cli import main; main()", *map(str, words)]
    answer = subprocess.run(command, capture_output=True, input=stdin, check=False, timeout=120)
    assert "Traceback" not in answer.stderr.decode()
    return answer


def rows(answer):
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.mark.slow
def test_ingest_then_usage_then_audit_of_the_real_day(tmp_path):
    lake = ("--lake", tmp_path / "lake")
    as_of = ("--as-of", "2023-07-11", "--window", "1")

    ingested = iamaudit("ingest", TRAIL, *lake, "--json")
    used = iamaudit("usage", *lake, *as_of, "--json")
    audited = iamaudit("audit", *lake, *as_of, "--json")

    assert [0, 0, 0] == [answer.returncode for answer in (ingested, used, audited)]
    assert {"in": 2900, "kept": 2900, "ignored": {}, "set_aside": {}} == rows(ingested)[0]["records"]
    assert 3123 == sum(row["count"] for row in rows(used))
    assert b"" == audited.stdout


def test_map_prints_one_line_for_each_real_record():
    path = max(TRAIL.rglob("*.gz"), key=lambda path: path.stat().st_size)
    records = json.loads(gzip.decompress(path.read_bytes()))["Records"]

    answer = iamaudit("map", path)

    assert (0, b"") == (answer.returncode, answer.stderr)
    assert [record["eventID"] for record in records] == [row["event_id"] for row in rows(answer)]


def test_map_reads_the_odd_samples_from_standard_input():
    packed = (DATA / "cloudtrail" / "mixed_real.jsonl.gz").read_bytes()

    answer = iamaudit("map", "-", stdin=packed)

    assert (0, 659) == (answer.returncode, len(rows(answer)))


def test_simulate_answers_every_evaluation_case_with_its_decision():
    """A case that asks whether some context allows is asked with an open context."""
    path = DATA / "eval_cases.jsonl"
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]

    closed, opened = rows(iamaudit("simulate", path)), rows(iamaudit("simulate", "--open-context", path))

    for case, as_given, whatever in zip(cases, closed, opened, strict=True):
        row = whatever if case["mode"] == "ExistsContext" else as_given
        could_be = row["decision"] == "ImplicitlyDenied" and bool(row.get("conditional_on"))
        is_allowed = row["decision"] == "Allowed" or could_be
        assert (case["id"], case["expected"]) == (row["id"], "Allowed" if is_allowed else "Denied")
    assert 22 == len(cases)
