"""A bundle on disk: whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from iamaudit.errors import InputError


def write_bundle(files: Mapping[str, bytes], directory: Path) -> Path:
    """Write *files* (paths below *directory*, all in one folder) and return that folder.

    The folder is built beside its place, synced and renamed; an older one there is replaced as a whole, so files that the
    new bundle does not have are gone. Raises InputError for a path that would leave *directory*.
    """
    folders = {PurePosixPath(path).parent for path in files}
    for path in files:
        parts = path.split("/")
        if "\\" in path or "\0" in path or any(part in {"", ".", ".."} for part in parts):
            raise InputError(f"`{path}` is not a path inside the bundle: give plain folder and file names")
    if len(folders) != 1:
        raise InputError(f"a bundle is one folder, not {len(folders)}: write them one by one")
    target = directory.joinpath(*folders.pop().parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    # names start with a dot, which no bundle's folder does: a leftover of a killed run is never read as one
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        for path, content in files.items():
            with (fresh / PurePosixPath(path).name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o755)
        _swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _swap(fresh: Path, target: Path) -> None:
    """Put *fresh* at *target*; between the two renames there is no bundle, never half of one."""
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=".old-", dir=target.parent))
    target.rename(old / "bundle")
    try:
        fresh.rename(target)
    except OSError:
        (old / "bundle").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
