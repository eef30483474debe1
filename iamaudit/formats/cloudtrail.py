"""One CloudTrail log object: a function from its bytes to an Arrow table, with its books."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.decoder import BatchDecoder
from iamaudit.formats.pieces import Broken
from iamaudit.lake.schema import EVENTS_SCHEMA
from iamaudit.model.tally import Tally


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out of one object: rows of `EVENTS_SCHEMA`, the books, and what was set aside with its reason."""

    table: pa.Table
    tally: Tally
    set_aside: tuple[Broken, ...]
    kind: str = "cloudtrail"


def decode(data: bytes, *, source_key: str = "", batch_id: str = "") -> Decoded:
    """Decode one log object, gzip or not, in any shape of `formats.pieces_of`.

    Every record is a row, is ignored with a reason, or is set aside with its bytes. Raises `UnreadableObjectError` when
    the object as a whole cannot be unzipped or is no log of any kind.
    """
    decoder = BatchDecoder(batch_id)
    decoder.add(source_key, data)
    table = decoder.table().cast(EVENTS_SCHEMA)
    (found,) = decoder.found
    if found.error is not None:
        raise UnreadableObjectError(found.error)
    return Decoded(table, found.tally, found.set_aside, found.kind)
