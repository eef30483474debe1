"""map: CloudTrail records in any accepted shape to one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamaudit.errors import InputError, UnreadableObjectError
from iamaudit.sources.envelopes import Broken, OtherKind, records_of
from iamaudit.sources.gunzip import gunzip
from iamaudit.usage.map import map_line, map_record


def map_bytes(data: bytes, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield the `map` line of every record in *data*, in order; a piece that is no record has a line with a note.

    Raises `InputError` when the whole is not JSON, or is another kind of AWS file.
    """
    try:
        pieces = records_of(gunzip(data))
    except UnreadableObjectError as error:
        raise InputError(
            f"cannot read `{name}`: {error}; give CloudTrail records as JSON, JSON lines or gzip of these"
        ) from error
    if isinstance(pieces, OtherKind):
        raise InputError(f"`{name}` is a {pieces.kind} file, not CloudTrail records")
    for piece in pieces:
        if isinstance(piece, Broken):
            line = map_line(map_record(None))
            line["notes"] = [f"not a record: {piece.reason}"]
            yield line
            continue
        try:
            record = json.loads(piece)
        except (ValueError, RecursionError) as error:
            line = map_line(map_record(None))
            line["notes"] = [f"not a record: {error}"]
            yield line
            continue
        yield map_line(map_record(record))
