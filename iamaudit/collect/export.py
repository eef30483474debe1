"""The answers of AWS as files, so that the state of one night can be carried to another machine."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from iamaudit.collect.raw import Document, Raw


def export(raw: Raw, directory: Path) -> Path:
    """Write *raw* as the files that a user would export, and `missing.json`; return *directory*.

    The law: `collect_files(export(raw, directory))` gives the capture that `assemble(raw)` gives. Names come from the
    content, so a second run overwrites the first. Raises OSError when the folder cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for document in raw.documents:
        _write_whole(directory / document.source, _text(document))
    missing = {"missing": [{"what": entry.what, "why": entry.why} for entry in raw.missing]}
    _write_whole(directory / "missing.json", _json(missing))
    return directory


def _text(document: Document) -> str:
    if isinstance(document.body, str):
        return document.body
    if document.kind == "password_policy" and document.body.get("PasswordPolicy") is None:
        return (
            "An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: "
            f"The Password Policy with domain name {document.account_id} cannot be found.\n"
        )
    return _json(document.body)


def _json(body: Any) -> str:
    return json.dumps(body, indent=4, ensure_ascii=False) + "\n"


def _write_whole(path: Path, content: str) -> None:
    """Put *content* at *path*; no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
