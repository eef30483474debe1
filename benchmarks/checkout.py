"""The iamaudit that is measured: this checkout, or another one to compare with, in this interpreter's environment."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from measure import Cost, run

CLI = (sys.executable, "-c", "from iamaudit.cli import main; main()")  # in the environment of a checkout


def environment(checkout: Path) -> dict[str, str]:
    """Return what makes a process and all its workers import *checkout*, and nothing from the folder one stands in."""
    return {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}


def run_cli(checkout: Path, *arguments: str | Path) -> Cost:
    """Run `iamaudit ARGUMENTS` of *checkout* and say what it cost, however it ended."""
    return run([*CLI, *arguments], environment(checkout))


def run_code(checkout: Path, code: str, *arguments: str | Path) -> Cost:
    """Run Python *code* that imports *checkout*."""
    return run([sys.executable, "-c", f"import sys; {code}", *arguments], environment(checkout))


def fingerprint(checkout: Path) -> str:
    """Return a name for the package's present code: what it made is made again when it changes."""
    digest = hashlib.sha256()
    for path in sorted((checkout / "iamaudit").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
