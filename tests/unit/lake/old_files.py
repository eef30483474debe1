"""Makes the files of a lake old, as far as their dates tell."""

from __future__ import annotations

import os
import time

DAY = 86_400


def make_old(root, days, *, newest=0):
    """Date everything below *root* so many days back, but one commit *newest* days."""
    for path in root.rglob("*"):
        os.utime(path, times=(time.time() - days * DAY,) * 2)
    commits = sorted((root / "manifests" / "events").iterdir())
    os.utime(commits[0], times=(time.time() - newest * DAY,) * 2)
