"""Unzipping in small steps, and strictly: an object is its gzip members and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from isal import igzip_lib, isal_zlib

from iamaudit.errors import SourceError, UnreadableObjectError

MAGIC = b"\x1f\x8b"
HEAD = 4  # bytes: magic, method, flags
RESERVED = 0xE0  # of the flags: other readers refuse these, isal does not look
CHUNK = 1 << 20
DIGEST_LIMIT = 256 << 20  # unzipped bytes; a digest has some 400 for each log object of its hour


def unzipped(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a gzip file, all members of it (domain.md §1.1).

    Raises `UnreadableObjectError` when it is not gzip, is damaged or cut off, or when anything follows its end: also
    an empty member, which would change the object and not its content.
    """
    pending = _read(file)
    members = 0
    while pending or members == 0:
        pending = _at_least(file, pending, HEAD)
        if not pending.startswith(MAGIC):
            raise UnreadableObjectError(
                "bytes follow the end of the gzip stream" if members else "invalid format: it is not gzip"
            )
        if len(pending) >= HEAD and pending[3] & RESERVED:
            raise UnreadableObjectError("invalid format: the gzip header has flags that no writer sets")
        stream = isal_zlib.decompressobj(wbits=31)
        size = 0
        is_over = False
        while not is_over:
            try:
                part = stream.decompress(pending, CHUNK)
            except igzip_lib.IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
                raise UnreadableObjectError(f"invalid format: the gzip stream is damaged: {error}") from error
            size += len(part)
            if part:
                yield part
            is_over = bool(stream.eof)
            pending = stream.unused_data if is_over else stream.unconsumed_tail
            if not pending and not is_over and not part:
                pending = _read(file)
                if not pending:
                    raise UnreadableObjectError("invalid format: the gzip stream is cut off before its end")
        members += 1
        pending = pending or _read(file)
        if not size and (members > 1 or pending):
            raise UnreadableObjectError("an empty gzip member was added")


def content_hash(file: BinaryIO) -> str:
    """Return the SHA-256 of the unzipped content, in hexadecimal digits."""
    made = hashlib.sha256()
    for part in unzipped(file):
        made.update(part)
    return made.hexdigest()


def content(file: BinaryIO, *, limit: int = DIGEST_LIMIT) -> bytes:
    """Return the unzipped content; raise `UnreadableObjectError` when it is longer than *limit*."""
    parts: list[bytes] = []
    size = 0
    for part in unzipped(file):
        size += len(part)
        if size > limit:
            raise UnreadableObjectError(f"invalid format: more than {limit:,} bytes come out when it is unzipped")
        parts.append(part)
    return b"".join(parts)


def _at_least(file: BinaryIO, pending: bytes, count: int) -> bytes:
    while len(pending) < count and (more := _read(file)):
        pending += more
    return pending


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise SourceError(f"cannot read on: {error.strerror or error}") from error
