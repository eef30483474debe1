"""The SQL models: one select per file, with a header that says what it promises.

    -- name: usage_rollup
    -- grain: one row per (dt, principal, action, …)
    -- reads: mapped_uses, usage_shapes
    -- keys: dt, principal, action
    -- why: …
    -- form: view            (optional; a table otherwise)

A finding's header also has `severity`, `practice`, `standards`, `title` and `remediation`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from iamaudit.errors import PromiseBrokenError

LAYERS = ("staging", "usage", "grants", "findings", "recommendation")
_HEADER = re.compile(r"^-- ([a-z_]+): ?(.*)$")
_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Model:
    """One `.sql` file: its layer, header and select."""

    name: str
    layer: str
    header: Mapping[str, str]
    sql: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables and models it reads."""
        return tuple(word for word in re.split(r"[,\s]+", self.header.get("reads", "")) if word)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return tuple(word for word in re.split(r"[,\s]+", self.header.get("keys", "")) if word)

    @property
    def form(self) -> str:
        """What it becomes: a `table` that is worked out once, or a `view` for what is too wide to keep."""
        return self.header.get("form", "table")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The named parameters it needs."""
        return tuple(sorted(set(_PARAMETER.findall(self.sql))))


def sql_root() -> Path:
    """Return the folder of the models: inside an installed wheel, else the checkout's `sql/`."""
    inside = Path(str(files("iamaudit"))) / "_sql"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / "sql"


def parse_model(path: Path, layer: str) -> Model:
    """Read one file; raise `PromiseBrokenError` when its header does not name it."""
    header: dict[str, str] = {}
    last = ""
    lines = path.read_text(encoding="utf-8").splitlines()
    body_from = 0
    for body_from, line in enumerate(lines):  # noqa: B007  # the first line after the header is wanted below
        if found := _HEADER.match(line):
            last = found[1]
            header[last] = found[2].strip()
        elif line.startswith("--   ") and last:
            header[last] += " " + line[5:].strip()
        else:
            break
    if header.get("name") != path.stem:
        raise PromiseBrokenError(f"the header of `{path}` names `{header.get('name')}`: name it `{path.stem}`")
    return Model(path.stem, layer, header, "\n".join(lines[body_from:]).strip())


@cache
def load_models(root: Path | None = None) -> Mapping[str, Model]:
    """Return every model by name."""
    folder = root or sql_root()
    found: dict[str, Model] = {}
    for layer in LAYERS:
        for path in sorted((folder / layer).glob("*.sql")):
            model = parse_model(path, layer)
            if model.name in found:
                raise PromiseBrokenError(f"two models are called `{model.name}`: rename `{path}`")
            found[model.name] = model
    return found
