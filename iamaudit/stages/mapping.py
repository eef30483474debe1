"""map: records of any log, in any accepted shape, to one line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamaudit.formats.recognise import Broken
from iamaudit.stages.event_files import records_in
from iamaudit.usage.map import map_line, map_record


def map_bytes(data: bytes, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield the `map` line of every record in *data*, in order; a piece that is no record has a line with a note.

    What is no record by design (a control message, a comment) has none. Raises `InputError` when the whole is no log,
    or is another kind of AWS file.
    """
    for record in records_in(data, name=name):
        if isinstance(record, Broken):
            line = map_line(map_record(None))
            line["notes"] = [f"not a record: {record.reason}"]
            yield line
        else:
            yield map_line(map_record(record))
