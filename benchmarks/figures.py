"""Where figures go: `latest.json`, a section for each benchmark, and the tables in README.md that are made from it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LATEST = HERE / "latest.json"
README = HERE / "README.md"


def keep(section: str, figures: dict[str, Any], table: str, *, write: bool) -> None:
    """Print the table; with *write*, remember the figures and put the table between its marks in README.md."""
    table = f"{table}\n\n_{machine()}; {datetime.now(UTC):%Y-%m-%d}._"
    print(table)
    if not write:
        return
    latest = json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}
    latest[section] = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), **figures}
    LATEST.write_text(json.dumps(latest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    start, end = f"<!-- {section}: made by the script -->", f"<!-- {section}: end -->"
    before, _, rest = text.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"`{README}` has no place for `{section}`: put back the marks `{start}` and `{end}`")
    README.write_text(f"{before}{start}\n{table}\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Return what matters of the machine."""
    return f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}, Python {platform.python_version()}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table for people: names left, figures right."""
    lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def megabytes(count: float) -> str:
    """Return bytes as MB, without decimals."""
    return f"{count / 1e6:,.0f}"
