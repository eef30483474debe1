"""map: records of any log, in any accepted shape, to one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamaudit.errors import InputError, UnreadableObjectError
from iamaudit.formats.gunzip import gunzip
from iamaudit.formats.recognise import Broken, pieces_of
from iamaudit.usage.map import map_line, map_record

NOT_LOGS = frozenset({"digest", "config", "state"})


def map_bytes(data: bytes, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield the `map` line of every record in *data*, in order; a piece that is no record has a line with a note.

    What is no record by design (a control message, a comment) has none. Raises `InputError` when the whole is no log,
    or is another kind of AWS file.
    """
    try:
        found = pieces_of(gunzip(data))
    except UnreadableObjectError as error:
        raise InputError(
            f"cannot read `{name}`: {error}; give CloudTrail records as JSON, JSON lines or gzip of these"
        ) from error
    if found.kind in NOT_LOGS:
        raise InputError(f"`{name}` is a {found.kind} file, not CloudTrail records")
    for piece in found.pieces:
        if isinstance(piece, Broken):
            yield _not_a_record(piece.reason)
            continue
        try:
            record = json.loads(piece)
        except (ValueError, RecursionError) as error:
            yield _not_a_record(str(error))
            continue
        yield map_line(map_record(record))


def _not_a_record(why: str) -> dict[str, Any]:
    line = map_line(map_record(None))
    line["notes"] = [f"not a record: {why}"]
    return line
