"""A full disk, a lake that cannot be written, a clock that jumps: one clear error, and a rerun completes."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.errors import SourceError
from iamaudit.lake.check import check
from iamaudit.lake.lake import create_lake, find_lake
from iamaudit.lake.sweep import sweep
from iamaudit.stages.compact import compact
from iamaudit.stages.ingest import ingest
from iamaudit.stages.status import lake_status
from tests.crash.killing import summary
from tests.crash.made_up_logs import write_logs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return write_logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def calm(logs, tmp_path_factory):
    """What an undisturbed lake holds."""
    place = tmp_path_factory.mktemp("calm") / "lake"
    ingest([logs], create_lake(place))
    return summary(place)


def fail_after(monkeypatch, names, calls, number):
    """Let some system calls fail with *number* from the *calls*-th time on."""
    left = [calls]

    def failing(real):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(number, os.strerror(number))
            return real(*arguments, **named)

        return call

    for name in names:
        monkeypatch.setattr(os, name, failing(getattr(os, name)))


@pytest.mark.parametrize("written", [0, 1, 2, 9, 20])
@pytest.mark.parametrize(
    ("call", "number", "says"),
    [
        (["fsync"], errno.ENOSPC, "No space left on device; free some space"),
        (["fsync"], errno.EIO, "Input/output error"),
        (["replace", "link"], errno.EROFS, "Read-only file system"),
    ],
)
def test_a_disk_that_fails_ends_an_ingest_in_one_line_and_a_rerun_completes(
    logs, calm, tmp_path, monkeypatch, call, number, says, written
):
    lake = create_lake(tmp_path / "lake")
    with monkeypatch.context() as patch:
        fail_after(patch, call, written, number)
        with pytest.raises(SourceError) as error:
            ingest([logs], lake)
    assert says in str(error.value)
    assert "cannot write" in str(error.value)
    assert check(lake).is_whole

    ingest([logs], lake)

    assert calm == summary(tmp_path / "lake")
    assert [] == [problem for problem in check(lake).problems if ".writing-" in problem.where]


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_a_disk_that_is_full_stops_a_compaction_and_a_rerun_completes(logs, calm, tmp_path, monkeypatch, written):
    lake = create_lake(tmp_path / "lake")
    for name in sorted((logs / "AWSLogs").iterdir()):
        ingest([name], lake)
    with monkeypatch.context() as patch:
        fail_after(patch, ["fsync"], written, errno.ENOSPC)
        with pytest.raises(SourceError, match="No space left on device"):
            compact(lake, before="2026-12-01", more_than=1)
    assert check(lake).is_whole

    compact(lake, before="2026-12-01", more_than=1)

    assert calm["events"] == summary(tmp_path / "lake")["events"]
    assert check(lake).is_whole


def test_files_that_may_not_grow_end_the_command_in_one_line(logs, calm, tmp_path):
    """The system itself refuses: no file of this process may be larger than 6 kB."""

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    command = [sys.executable, "-m", "iamaudit.cli", "ingest", logs, "--lake", tmp_path / "lake"]
    command[1:3] = ["-c", "from iamaudit.cli import main; main()"]
    full = subprocess.run(
        command, preexec_fn=small_files, capture_output=True, text=True, check=False, env=_without_byte_code()
    )
    again = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 2 == full.returncode
    assert 1 == full.stderr.count("\n"), full.stderr
    assert "File too large" in full.stderr
    assert 2 == again.returncode  # some objects are broken, and it says so
    assert calm == summary(tmp_path / "lake")


def _without_byte_code():
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_that_may_not_be_written_is_named(logs, tmp_path):
    place = tmp_path / "lake"
    create_lake(place)
    place.chmod(0o555)

    with pytest.raises(SourceError, match=r"cannot write `.*`: Permission denied"):
        ingest([logs], find_lake(place))
    place.chmod(0o755)


def test_a_lake_that_may_not_be_written_can_still_be_read(logs, tmp_path, monkeypatch):
    lake = create_lake(tmp_path / "lake")
    ingest([logs], lake)

    fail_after(monkeypatch, ["replace", "link", "mkdir", "unlink"], 0, errno.EROFS)

    assert check(lake).is_whole
    assert 60 == sum(lake_status(lake, now=datetime(2026, 12, 1, tzinfo=UTC))["objects"].values())


@pytest.mark.parametrize("days", [-4_000, -1, 1, 4_000])
def test_a_clock_that_jumps_during_a_night_changes_nothing(logs, calm, tmp_path, monkeypatch, days):
    lake = create_lake(tmp_path / "lake")
    clock = time.time
    accounts = sorted((logs / "AWSLogs").iterdir())
    ingest(accounts[:1], lake)
    monkeypatch.setattr(time, "time", lambda: clock() + days * 86_400)

    ingest([logs], lake)
    compact(lake, before="2026-12-01", more_than=1)
    files = sorted(lake.store.list(""))
    with pytest.raises(SourceError, match="ahead of this machine's clock") if days < 0 else nullcontext():
        sweep(lake, older_than_days=7, yes=True)

    assert files == sorted(lake.store.list(""))
    assert calm["rows"] == summary(tmp_path / "lake")["rows"]
    assert check(lake).is_whole
