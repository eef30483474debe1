"""What is in a lake and belongs to no commit: half-written files, files that no manifest names, files replaced."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iamaudit.lake.commits import Commits
from iamaudit.lake.store import WRITING, LocalStore
from iamaudit.ports import ObjectStore

ORPHAN, REPLACED, HALF_WRITTEN, STRANGE = "orphan", "replaced", "half_written", "strange"
# what the lake itself writes besides manifests and quarantine; the names are content hashes
_OURS = re.compile(r"(?:[a-z_]+/dt=[^/]+/|state/[a-z_]+/|ledger/)[0-9a-f]{16,64}\.parquet")
_MARK = "iamaudit-lake.json"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One file that no answer depends on."""

    key: str
    why: str  # ORPHAN | REPLACED | HALF_WRITTEN | STRANGE
    since: str | None = None  # the manifest that put something in its place


def leftovers(store: ObjectStore, commits: Commits) -> Iterator[Leftover]:
    """Yield what a sweep may take, and files of strangers (STRANGE), which it never touches."""
    replaced = commits.replaced()
    named = {part.key for part, _ in commits.derived()} | commits.state.keys() | (commits.written.keys() - replaced)
    for key in store.list(""):
        if key in named or key == _MARK or key.startswith(("manifests/", "quarantine/")):
            continue
        if key in replaced:
            yield Leftover(key, REPLACED, replaced[key])
        elif key.startswith("ledger/") and (
            key.endswith(".json") or store.exists(key.removesuffix(".parquet") + ".json")
        ):
            continue
        else:
            yield Leftover(key, ORPHAN if _OURS.fullmatch(key) else STRANGE)
    yield from (Leftover(key, HALF_WRITTEN) for key in half_written(store))


def half_written(store: ObjectStore) -> Iterator[str]:
    """Yield the temporary files that a killed writer left; only a folder has them."""
    if isinstance(store, LocalStore):
        for directory, _, names in os.walk(store.root):
            for name in sorted(names):
                if name.startswith(WRITING):
                    yield (Path(directory) / name).relative_to(store.root).as_posix()


def day_of(key: str) -> str | None:
    """Return the day that a part's folder names."""
    found = re.search(r"/dt=([^/]+)/", key)
    return None if found is None else found[1]
