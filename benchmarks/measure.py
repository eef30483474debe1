"""One process measured from outside: CPU seconds, wall and peak memory of its whole tree."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.03  # seconds between two looks at the tree
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and all its children took, and what it printed."""

    cpu: float  # user + sys seconds
    wall: float
    peak_rss: int  # bytes, summed over the tree, so shared pages count once for each process
    output: str
    code: int
    errors: str = ""


class Watch(threading.Thread):
    """Looks at a process tree every few hundredths of a second and remembers the worst."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root = pid
        self.peak = 0
        self.cpu: dict[int, float] = {}  # also of children that nobody waits for
        self.done = threading.Event()

    def run(self) -> None:
        """Look until told that it is over."""
        while not self.done.wait(_EVERY):
            pids = tree(self.root)
            self.peak = max(self.peak, sum(map(_rss, pids)))
            for pid in pids:
                self.cpu[pid] = _cpu(pid) or self.cpu.get(pid, 0.0)


def _usual() -> dict[str, str]:
    """Return the environment as a user has it: compiled modules are kept, so that a second start costs less."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def tree(root: int) -> list[int]:
    """Return the process and its descendants that live now."""
    found, ahead = [], [root]
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                ahead += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def _rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None, *, stdin: Path | None = None) -> Cost:
    """Run *command* to its end and say what it cost; nothing is said of what ran beside it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(stdin or os.devnull).open("rb") as feed:
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a child's begins with it, since it begins as us
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], stdin=feed, stdout=out, stderr=err, env=_usual() | (environment or {})
        )
        watch = Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.done.set()
        watch.join()
        out.seek(0)
        err.seek(0)
        return Cost(
            cpu=max(usage.ru_utime + usage.ru_stime, sum(watch.cpu.values())),
            wall=wall,
            peak_rss=max(watch.peak, usage.ru_maxrss * 1024 if usage.ru_maxrss > ours else 0),
            output=out.read().decode(errors="replace"),
            code=process.returncode,
            errors=err.read().decode(errors="replace"),
        )
