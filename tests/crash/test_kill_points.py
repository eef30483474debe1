"""kill -9 anywhere and a rerun give the same lake as an undisturbed run, and right after the kill nothing is broken."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.made_up_logs import write_logs

ROOT = Path(__file__).resolve().parents[2]
BATCH_BYTES = 3_000  # seven or eight objects
FIRST = 3  # the points before are the lake's own birth


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return write_logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture
def kill(logs, tmp_path):
    """Kill a job at points, one line for each of them; `-1` is the undisturbed run."""

    def kill(job, *points):
        answer = subprocess.run(
            [sys.executable, ROOT / "tests/crash/killing.py", tmp_path, logs, job, str(BATCH_BYTES), *points],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [json.loads(line) for line in answer.stdout.splitlines()]
        assert ["-1"] * points.count("-1") == [line["point"] for line in lines if not line["killed"]]
        return lines

    return kill


def spread(calls, wanted):
    """Choose *wanted* points, spread over the calls of a job; of every third the file being written is cut in two."""
    points = sorted({FIRST + n * (calls - FIRST) // wanted for n in range(wanted)})
    return [f"{point}half" if n % 3 == 2 else str(point) for n, point in enumerate(points)]


def all_come_to_the_same(kill, job, wanted):
    """Kill a job at so many points and compare."""
    (calm,) = kill(job, "-1")
    points = spread(calm["calls"], wanted)

    killed = kill(job, *points)

    assert len(points) == len(killed) >= min(wanted, calm["calls"] - FIRST)
    assert [] == [(line["point"], line["lake"]["right_after"]) for line in killed if line["lake"]["right_after"]]
    assert [] == [line["point"] for line in killed if line["ended"] != 0]
    assert [] == calm["lake"]["broken"]
    assert [calm["lake"]] * len(killed) == [line["lake"] for line in killed]


def test_an_ingest_killed_at_any_write_is_completed_by_the_next(kill):
    all_come_to_the_same(kill, "ingest", 9)


def test_an_ingest_killed_while_its_workers_write_is_completed_by_the_next(kill):
    all_come_to_the_same(kill, "workers", 1)


def test_compaction_and_sweep_killed_at_any_write_are_completed_by_the_next(kill):
    all_come_to_the_same(kill, "care", 4)


@pytest.mark.slow
def test_an_ingest_killed_at_two_hundred_points_is_completed_by_the_next(kill):
    all_come_to_the_same(kill, "ingest", 200)


@pytest.mark.slow
def test_an_ingest_killed_at_many_writes_beside_its_workers_is_completed_by_the_next(kill):
    all_come_to_the_same(kill, "workers", 10)


@pytest.mark.slow
def test_compaction_and_sweep_killed_at_every_write_are_completed_by_the_next(kill):
    all_come_to_the_same(kill, "care", 40)


@pytest.mark.parametrize("point", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_an_ingest_killed_while_it_makes_the_lake_is_completed_by_the_next(kill, point):
    calm, killed = kill("ingest", "-1", point)

    assert calm["lake"] == killed["lake"]


CHILD = """
import sys
from tests.crash.killing import small_batches
small_batches(sys.argv[1], __import__("pathlib").Path(sys.argv[2]), int(sys.argv[3]))
"""


def kill_at_random_moments(logs, work, kills, seed):
    """Start an ingest again and again, kill each after a random time, until one ends; return how many were killed."""
    moments = random.Random(seed)
    place, killed = work / "lake", 0
    command = [sys.executable, "-c", CHILD, logs, place, "1200"]
    while killed < kills:
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not (place / "manifests").exists() and child.poll() is None:
            time.sleep(0.002)  # the interpreter's start is no interesting moment
        begun = time.monotonic() - started
        try:
            child.wait(moments.uniform(0, 0.25 * begun))
            break
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            killed += 1
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    return killed


@pytest.mark.slow
def test_an_ingest_killed_at_random_moments_is_completed_by_the_next(logs, tmp_path, kill):
    from tests.crash.killing import summary

    lakes, kills = 20, 5
    (calm,) = kill("ingest", "-1")
    expected = {name: value for name, value in calm["lake"].items() if name != "right_after"}
    found, killed = [], 0
    for number in range(lakes):
        (tmp_path / str(number)).mkdir()
        killed += kill_at_random_moments(logs, tmp_path / str(number), kills, number)
        found.append(summary(tmp_path / str(number) / "lake"))

    assert killed > 0
    assert [expected] * lakes == found
