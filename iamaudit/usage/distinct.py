"""Distinct rows of some columns, found on codes instead of values: what is worked out once is worked out for these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_MOST_CODES = 1 << 62  # a code is a signed integer of 64 bits


@dataclass(frozen=True, slots=True)
class Distinct:
    """For each row the number of its values, and for each number the first row that has them; a null is a value."""

    numbers: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]


def distinct(columns: Sequence[pa.ChunkedArray | pa.Array]) -> Distinct:
    """Number the distinct rows of *columns*, in the order of their first rows."""
    codes = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        encoded = column.dictionary_encode(null_encoding="encode")
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        width = max(len(encoded.dictionary), 1)
        if size * width > _MOST_CODES:
            codes, size = _dense(codes), len(codes)
        codes = codes * width + encoded.indices.to_numpy().astype(np.int64)
        size *= width
    numbers = _dense(codes)
    # numbers are given in the order of appearance: a row is a first one where they reach a new height
    heights = np.maximum.accumulate(numbers) if len(numbers) else numbers
    return Distinct(numbers, np.flatnonzero(np.diff(heights, prepend=-1)))


def _dense(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pa.array(codes).dictionary_encode().indices.to_numpy().astype(np.int64)
    return numbers
