"""Objects that are too large to hold: cut, while they stream, into texts that are objects of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from iamaudit.errors import UnreadableObjectError

BLOCK: Final = 8 << 20  # bytes of a cut text, if its records allow
HELD: Final = 256 << 20  # bytes of one record, or one line, that are waited for
_OPENING: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*"(?:Records|Events)"\s*:\s*)?\[')
_HEAD: Final = 1 << 10  # bytes in which a list's opening is looked for
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)


def blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield texts that together hold every record of the streamed object, each readable by itself.

    A list of records is cut between its elements, everything else between its lines. Raises `UnreadableObjectError`
    for an object that is neither (one large value, a log with a header).
    """
    stream = iter(parts)
    head = b""
    for part in stream:
        head += part
        if len(head) >= _HEAD:
            break
    opening = _OPENING.match(head)
    if opening is not None:
        yield from _elements(head[opening.end() :], stream)
    elif head.lstrip()[:1] == b"#" or head.startswith(b"PAR1"):
        raise UnreadableObjectError("more bytes come out of it than can be held, and it cannot be cut")
    else:
        yield from _lines(head, stream)


def _lines(pending: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    for part in stream:
        pending += part
        if len(pending) >= BLOCK:
            cut = pending.rfind(b"\n") + 1
            if cut:
                yield pending[:cut]
                pending = pending[cut:]
            elif len(pending) > HELD:
                raise UnreadableObjectError("more bytes come out of it than can be held, and it has no lines")
    if pending.strip():
        yield pending


def _elements(pending: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    """Cut at the commas between the elements; what stands behind the list is one more element unless it is `}`."""
    depth = scanned = cut = 0  # `cut` is behind the last comma between two elements
    while True:
        for token in _TOKEN.finditer(pending, scanned):
            mark = token[0]
            if mark == b'"':
                break  # a string that goes on in the next part
            scanned = token.end()
            if mark in {b"[", b"{"}:
                depth += 1
            elif depth and mark in {b"]", b"}"}:
                depth -= 1
            elif not depth and mark == b",":
                cut = scanned
            elif not depth and mark == b"]":
                yield _as_object(pending[: scanned - 1])
                rest = (pending[scanned:] + b"".join(stream)).strip()
                if rest not in {b"", b"}"}:
                    yield _as_object(rest)
                return
        if cut:
            yield _as_object(pending[: cut - 1])
            pending, scanned, cut = pending[cut:], scanned - cut, 0
        if len(pending) > HELD:
            raise UnreadableObjectError(f"one of its records is larger than {HELD:,} bytes")
        part = next(stream, None)
        if part is None:
            yield _as_object(pending)  # the list has no end
            return
        pending += part


def _as_object(elements: bytes) -> bytes:
    return b'{"Records":[' + elements.strip() + b"]}"
