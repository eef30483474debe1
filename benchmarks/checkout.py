"""The iamaudit that is measured: this checkout, or another one to compare with, in this interpreter's environment."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def cli(checkout: Path, *arguments: str | Path) -> list[str | Path]:
    """Return the command line `iamaudit ARGUMENTS` of *checkout*."""
    return python(checkout, "from iamaudit.cli import main; main()", *arguments)


def python(checkout: Path, code: str, *arguments: str | Path) -> list[str | Path]:
    """Return a command line that runs *code*; `-P` keeps the folder one stands in off the path."""
    return [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(checkout)!r}); {code}", *arguments]


def fingerprint(checkout: Path) -> str:
    """Return a name for the package's present code: what it made is made again when it changes."""
    digest = hashlib.sha256()
    for path in sorted((checkout / "iamaudit").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
