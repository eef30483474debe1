"""Run every notebook on a fresh example lake, as `make notebooks` and CI do.

With `--write` the outputs are kept in the files, small, so that they can be read on the web.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import date
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import iamaudit
from iamaudit.world import write_world

ROOT = Path(__file__).resolve().parents[1]
END = date(2026, 7, 1)


def main() -> None:
    """Make a lake, then run the notebooks against it; a cell that fails ends the run."""
    keep = "--write" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_world(place / "world", days=100, end=END)
        iamaudit.ingest(place / "world" / "logs", place / "lake")
        iamaudit.collect(place / "lake", from_files=place / "world" / "state", as_of=END.isoformat())
        os.environ["IAMAUDIT_LAKE"] = str(place / "lake")
        os.environ["IAMAUDIT_AS_OF"] = END.isoformat()
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(place)}}).execute()
            if keep:
                for cell in notebook.cells:
                    cell.get("metadata", {}).pop("execution", None)
                notebook.metadata.pop("language_info", None)
                nbformat.write(notebook, path)
            print(f"ran {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
