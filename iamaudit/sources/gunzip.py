"""Unzipping with a bound: all members of a gzip file, or a refusal that says why."""

from __future__ import annotations

from isal import igzip_lib, isal_zlib

from iamaudit.errors import UnreadableObjectError

MAGIC = b"\x1f\x8b"
LIMIT = 1 << 30  # bytes after unzipping; the largest real log objects are near 100 MB
CHUNK = 1 << 24


def gunzip(data: bytes, *, limit: int = LIMIT) -> bytes:
    """Return the unzipped bytes of *data*, or *data* itself when it is not gzip.

    Several members are read one after the other (domain.md §1.1). Raises `UnreadableObjectError` for a damaged or
    cut-off stream, for bytes after its end, and when more than *limit* bytes come out.
    """
    if not data.startswith(MAGIC):
        return data
    parts: list[bytes] = []
    size = 0
    rest = data
    while rest:
        if not rest.startswith(MAGIC):
            raise UnreadableObjectError(f"{len(rest)} bytes follow the end of the gzip stream")
        stream = isal_zlib.decompressobj(wbits=31)
        pending = rest
        while True:
            try:
                part = stream.decompress(pending, CHUNK)
            except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
                raise UnreadableObjectError(f"the gzip stream is damaged: {error}") from error
            size += len(part)
            if size > limit:
                raise UnreadableObjectError(f"more than {limit:,} bytes come out when it is unzipped")
            parts.append(part)
            if stream.eof:
                break
            pending = stream.unconsumed_tail
            if not part and not pending:
                raise UnreadableObjectError("the gzip stream is cut off before its end")
        rest = stream.unused_data
    return b"".join(parts)
