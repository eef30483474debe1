"""Whether a part is what its manifest says: there, whole, and with the rows of its day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iamaudit.errors import SourceError
from iamaudit.lake.manifest import Part
from iamaudit.lake.problem import BROKEN, NOTE, Problem
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS, STATE_SCHEMAS, schema_of
from iamaudit.model.tables import CONFIG_ITEMS
from iamaudit.ports import ObjectStore

SCHEMAS = {
    "events": EVENTS_SCHEMA,
    "config_items": schema_of(CONFIG_ITEMS),
    **ROLLUP_SCHEMAS,
    **STATE_SCHEMAS,
}
# AWS Config's items stand by day of delivery, which no column tells
DAY_COLUMNS = {"events": "event_time", **dict.fromkeys(ROLLUP_SCHEMAS, "dt")}
READ_AT_ONCE = 65_536  # rows


def part_problems(store: ObjectStore, part: Part, remedy: str, *, fast: bool) -> Iterator[Problem]:
    """Yield what is wrong with one part; *fast* believes the bytes and the Parquet footer."""

    def broken(what: str) -> Problem:
        return Problem(BROKEN, what, part.key, remedy)

    if part.dt is not None and f"/dt={part.dt}/" not in part.key:
        yield broken(f"the manifest says its day is {part.dt}, the folder says another")
        return
    try:
        data = store.read(part.key)
    except KeyError:
        yield broken(f"the part is missing: {part.rows} rows of `{part.table}` are not there")
        return
    except SourceError as error:
        yield broken(f"the part cannot be read: {error}")
        return
    if len(data) != part.bytes:
        yield broken(f"the part has {len(data)} bytes, {part.bytes} were written")
        return
    if not fast and hashlib.sha256(data).hexdigest() != part.sha256:
        yield broken("the part's bytes are not those that were written")
        return
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        yield from map(broken, _footer(file, part))
        if not fast:
            yield from map(broken, _rows(file, part))
    except (pa.ArrowException, OSError) as error:
        yield broken(f"the part cannot be read as Parquet: {str(error).splitlines()[0]}")
        return
    if part.table in SCHEMAS and (absent := set(SCHEMAS[part.table].names) - set(file.schema_arrow.names)):
        names = ", ".join(sorted(absent))
        yield Problem(NOTE, f"the part has no column {names}: an earlier version wrote it", part.key, "nothing to do")


def _footer(file: pq.ParquetFile, part: Part) -> Iterator[str]:
    if file.metadata.num_rows != part.rows:
        yield f"the part has {file.metadata.num_rows} rows, the manifest says {part.rows}"
    for column in SCHEMAS.get(part.table, ()):
        position = file.schema_arrow.get_field_index(column.name)
        if position >= 0 and file.schema_arrow.field(position).type != column.type:
            kind = file.schema_arrow.field(position).type
            yield f"column `{column.name}` is {kind} and should be {column.type}"


def _rows(file: pq.ParquetFile, part: Part) -> Iterator[str]:
    """Read every row: count them, and look at their day."""
    rows = strange = 0
    column = DAY_COLUMNS.get(part.table)
    for batch in file.iter_batches(READ_AT_ONCE):
        rows += batch.num_rows
        if part.dt is not None and column in batch.schema.names:
            strange += _of_other_days(batch.column(column), part.dt)
    if rows != file.metadata.num_rows:
        yield f"the part has {rows} rows, its footer says {file.metadata.num_rows}"
    if strange:
        yield f"{strange} rows are not of {part.dt}, the day of their folder"


def _of_other_days(values: pa.Array, day: str) -> int:
    if pa.types.is_string(values.type):
        same = pc.equal(values, day)
    else:
        same = pc.equal(values.cast(pa.date32()), pa.scalar(date.fromisoformat(day), pa.date32()))
    return len(values) - (pc.sum(same).as_py() or 0)
