"""Parquet objects of Security Lake: rows, some at a time, and never more than a true object holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.ocsf import is_ocsf

MAGIC = b"PAR1"
LIMIT = 1 << 30  # bytes that the columns may hold; an object of Security Lake is about 256 MB
ROWS_AT_ONCE = 512


def is_parquet(data: bytes) -> bool:
    """Whether an object is a Parquet file."""
    return data.startswith(MAGIC)


def parquet_rows(data: bytes, *, limit: int = LIMIT) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file of OCSF events; maps come as dicts.

    Raises `UnreadableObjectError` for a damaged file, for one without OCSF's columns, and for one that unpacks to more
    than *limit*.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  # costs 0.4 s, and hardly any object is Parquet

    size = 0
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        names = file.schema_arrow.names
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False) if is_ocsf(names) else ():
            size += batch.nbytes
            if size > limit:
                break
            yield from batch.to_pylist(maps_as_pydicts="lossy")
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise UnreadableObjectError(f"the Parquet file is damaged: {error}") from error
    if not is_ocsf(names):
        raise UnreadableObjectError("the Parquet file has no columns of OCSF: only Security Lake's are read")
    if size > limit:
        raise UnreadableObjectError(f"more than {limit:,} bytes come out of the Parquet file")
