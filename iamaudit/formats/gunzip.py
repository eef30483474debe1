"""Unzipping with a bound: all members of a gzip file, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from isal import igzip_lib, isal_zlib

from iamaudit.errors import UnreadableObjectError

MAGIC = b"\x1f\x8b"
LIMIT = 1 << 30  # bytes after unzipping; the largest real log objects are near 100 MB
CHUNK = 1 << 24  # bytes that come out at once
_READ = 1 << 22  # bytes that go in at once


class TooLargeError(UnreadableObjectError):
    """More bytes come out than the limit."""


def gunzip(data: bytes, *, limit: int = LIMIT) -> bytes:
    """Return the unzipped bytes of *data*, or *data* itself when it is not gzip.

    Several members are read one after the other (domain.md §1.1). Raises `UnreadableObjectError` for a damaged or
    cut-off stream and for bytes after its end, `TooLargeError` when more than *limit* bytes come out.
    """
    if not data.startswith(MAGIC):
        if len(data) > limit:
            raise TooLargeError(f"more than {limit:,} bytes come out of it")
        return data
    return b"".join(unzipped(BytesIO(data), limit=limit))


def unzipped(file: BinaryIO, *, limit: int = LIMIT) -> Iterator[bytes]:
    """Yield what comes out of *file*, zipped or not, in pieces of at most `CHUNK` bytes; raises as `gunzip` does."""
    size = 0
    for part in _parts(file):
        size += len(part)
        if size > limit:
            raise TooLargeError(f"more than {limit:,} bytes come out when it is unzipped")
        yield part


def _parts(file: BinaryIO) -> Iterator[bytes]:
    pending = file.read(_READ)
    if not pending.startswith(MAGIC):
        while pending:
            yield pending
            pending = file.read(_READ)
        return
    while pending:
        if len(pending) < len(MAGIC):
            pending += file.read(_READ)
        if not pending.startswith(MAGIC):
            rest = len(pending) + _remaining(file)
            raise UnreadableObjectError(f"{rest} bytes follow the end of the gzip stream")
        stream = isal_zlib.decompressobj(wbits=31)
        while True:
            try:
                part = stream.decompress(pending, CHUNK)
            except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
                raise UnreadableObjectError(f"the gzip stream is damaged: {error}") from error
            if part:
                yield part
            if stream.eof:
                break
            pending = stream.unconsumed_tail or file.read(_READ)
            if not pending and not part:
                raise UnreadableObjectError("the gzip stream is cut off before its end")
        pending = stream.unused_data or file.read(_READ)


def _remaining(file: BinaryIO) -> int:
    count = 0
    while part := file.read(_READ):
        count += len(part)
    return count
