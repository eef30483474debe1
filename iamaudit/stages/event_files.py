"""The records of a log file one by one, for the verbs that look at single events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamaudit.errors import InputError, UnreadableObjectError
from iamaudit.formats.gunzip import gunzip
from iamaudit.formats.recognise import Broken, pieces_of

NOT_LOGS = frozenset({"digest", "config", "state"})


def records_in(data: bytes, *, name: str) -> Iterator[Any]:
    """Yield every record in *data*, in order; a piece that is none is a `Broken` with its reason.

    What is no record by design (a control message, a comment) is left out. Raises `InputError` when the whole is no
    log, or is another kind of AWS file.
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
            yield piece
            continue
        try:
            yield json.loads(piece)
        except (ValueError, RecursionError) as error:
            yield Broken(str(error), piece)


def record_number(data: bytes, number: int, *, name: str) -> Any:
    """Return the record of that *number*, from 1; raise `InputError` when there are fewer, or it is none."""
    place = 0
    for place, record in enumerate(records_in(data, name=name), start=1):
        if place == number:
            if isinstance(record, Broken):
                raise InputError(f"`{name}#{number}` is not a record: {record.reason}")
            return record
    raise InputError(f"`{name}` has no record {number}: it has {place}, counted from 1")
