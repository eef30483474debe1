"""The floor: read and decompress every object with isal, and do nothing with it. `unzip_only.py CORPUS OUT [processes]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from isal import igzip
from objects import main


def work(objects: Sequence[Path], _target: Path) -> int:
    """Return how many events there seem to be; looking costs next to nothing."""
    return sum(igzip.decompress(path.read_bytes()).count(b'"eventID":"') for path in objects)


if __name__ == "__main__":
    main(work, processes=int(sys.argv[3]))
