"""How the knowledge tables are read: CSV files beside this module, every row with its source."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `data/<name>.csv`, in file order; read once per process."""
    text = files("iamaudit.knowledge").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def table_names() -> tuple[str, ...]:
    """Return the names of all knowledge tables, sorted."""
    folder = files("iamaudit.knowledge").joinpath("data")
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".csv")))
