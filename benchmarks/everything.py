"""Every benchmark, one after the other, into the README: `make bench`, or `make bench BENCH=--large`."""

from __future__ import annotations

import subprocess
import sys

from figures import HERE

TAKES_LARGE = {
    "against_rivals.py": True,
    "stages.py": True,
    "nights.py": False,
    "memory.py": True,
    "decisions.py": False,
    "recommendations.py": False,
}


def main() -> None:
    """Run each script; one that fails does not keep the others from running."""
    large = ["--large"] if "--large" in sys.argv[1:] else []
    failed = []
    for script, takes_large in TAKES_LARGE.items():
        print(f"\n== {script}", flush=True)
        command = [sys.executable, str(HERE / script), "--write", *(large if takes_large else [])]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(script)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
