"""CloudTrail log objects: a function from bytes to an Arrow table, with its books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from iamaudit.errors import UnreadableObjectError
from iamaudit.lake.schema import EVENTS_SCHEMA
from iamaudit.model.tally import Tally
from iamaudit.sources.envelopes import Broken, OtherKind, records_of
from iamaudit.sources.gunzip import gunzip
from iamaudit.sources.masking import mask_bytes
from iamaudit.sources.record import row_of
from iamaudit.sources.values import UnusableError


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out of one object: rows of `EVENTS_SCHEMA`, the books, and what was set aside with its reason."""

    table: pa.Table
    tally: Tally
    set_aside: tuple[Broken, ...]
    kind: str = "cloudtrail"


def decode(data: bytes, *, source_key: str = "", batch_id: str = "") -> Decoded:
    """Decode one log object, gzip or not, in any shape of `envelopes.records_of`.

    Every record is a row or is set aside with its bytes. Raises `UnreadableObjectError` when the object as a whole
    cannot be unzipped or is not JSON.
    """
    found = records_of(gunzip(data))
    if isinstance(found, OtherKind):
        return Decoded(EVENTS_SCHEMA.empty_table(), Tally(), (), found.kind)
    rows: list[dict[str, Any]] = []
    broken: list[Broken] = []
    for piece in found:
        if isinstance(piece, Broken):
            broken.append(Broken(piece.reason, mask_bytes(piece.data)))
            continue
        try:
            row = row_of(piece)
        except UnusableError as why:
            broken.append(Broken(str(why), mask_bytes(piece)))
            continue
        row["source_key"] = source_key
        row["batch_id"] = batch_id
        rows.append(row)
    reasons = Counter(piece.reason for piece in broken)
    tally = Tally(len(found), len(rows), {}, dict(reasons))
    return Decoded(pa.Table.from_pylist(rows, schema=EVENTS_SCHEMA), tally, tuple(broken))


def unreadable(error: UnreadableObjectError) -> str:
    """Return the reason word under which the books count an object that could not be read."""
    text = str(error)
    if "gzip" in text:
        return "damaged_gzip"
    if "come out" in text:
        return "too_large"
    return "not_json"
