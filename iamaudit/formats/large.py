"""Objects that are too large to hold: cut, while they stream, into texts that are objects of their own."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudfront import is_w3c
from iamaudit.formats.held import WHOLE_VALUE, Held
from iamaudit.formats.lake_rows import is_lake_csv
from iamaudit.formats.parquet_rows import is_parquet
from iamaudit.formats.unwrap import LISTS

BLOCK: Final = 8 << 20  # bytes of a cut text, if its records allow
PARQUET: Final = 512 << 20  # bytes of a Parquet file, which is read from its end; Security Lake's have about 256 MB
_HEAD: Final = 10 << 10  # bytes in which a list's opening, or a header, is looked for
_LIST: Final = re.compile(rb'(?:\{\s*"(?:Records|Events)"\s*:\s*)?\[')
_NEXT_LIST: Final = re.compile(rb'\s*,\s*"(?:Records|Events)"\s*:\s*\[')
_BETWEEN: Final = b" \t\r\n,"  # what may stand between two values
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"{\0", b"\0{", b"[\0", b"\0[")

_value = msgspec.json.Decoder(msgspec.Raw)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Block:
    """A text that is readable by itself; *repeated* of its lines are a head that an earlier block had already."""

    text: bytes
    repeated: int = 0


def blocks(parts: Iterable[bytes]) -> Iterator[Block]:
    """Yield texts that together hold every record of the streamed object, wherever its parts begin and end.

    A list of records is cut between its elements, everything else between its values or lines; a head is repeated.
    Raises `UnreadableObjectError` for what cannot be cut and is too large to hold.
    """
    text = Held(iter(parts))
    text.fill(_HEAD)
    if is_parquet(text.pending):
        yield Block(text.everything(PARQUET))
        return
    if text.pending.startswith(_UTF16):
        raise UnreadableObjectError("it is UTF-16, and larger than can be read at once; save it as UTF-8")
    text.pending = text.pending.removeprefix(codecs.BOM_UTF8)
    while text.fill(_HEAD, without=_BETWEEN):
        opening = _LIST.match(text.pending)
        if opening is not None:
            text.take(opening.end())
            yield from _list(text, is_member=opening[0].startswith(b"{"))
        elif is_w3c(text.pending):
            yield from _under_fields(text)
        elif is_lake_csv(text.pending):
            yield from _under_header(text)
        elif text.pending[:1] in {b"{", b"["} and not _is_value(text.line(BLOCK)):
            yield from _values(text)
        else:
            yield from map(Block, _lines(text))


def _list(text: Held, *, is_member: bool) -> Iterator[Block]:
    """Yield the elements of a list, of which the opening is taken; then what follows in its object."""
    yield from _elements(text)
    while is_member and text.fill(_HEAD):
        following = _NEXT_LIST.match(text.pending)
        if following is None:
            yield from _other_members(text)
            return
        text.take(following.end())
        yield from _elements(text)


def _elements(text: Held) -> Iterator[Block]:
    """Cut at the commas between the elements, until the list ends."""
    cut = 0  # behind the last comma between two whole elements
    while (mark := text.mark()) is not None:
        if mark in {b",", b"]"}:
            text.check()
            cut = text.begin = text.at
            if mark == b"]":
                yield _as_object(text.take(cut)[:-1])
                return
            if cut >= BLOCK:
                yield _as_object(text.take(cut)[:-1])
                cut = 0
    yield _as_object(text.take(len(text.pending)))  # the list has no end


def _other_members(text: Held) -> Iterator[Block]:
    """Go to the object's end. What else it holds is no record, unless it is another list or no JSON."""
    while (mark := text.mark()) not in {b"}", None}:
        pass
    members = text.take(text.at if mark else len(text.pending)).removesuffix(b"}").strip()
    try:
        names = _members.decode(b'{"":0' + members + b"}").keys()
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        yield _as_object(members)
        return
    if not names.isdisjoint(LISTS):
        yield Block(b'{"":0' + members + b"}")


def _values(text: Held) -> Iterator[Block]:
    """Cut between values that stand one behind the other, in lines or not."""
    while (mark := text.mark()) is not None:
        if mark == WHOLE_VALUE:
            text.check()
            text.begin = text.at
            if text.at >= BLOCK:
                yield Block(text.take(text.at))
    if text.pending.strip(_BETWEEN):
        yield Block(text.take(len(text.pending)))
    text.pending = b""


def _lines(text: Held) -> Iterator[bytes]:
    while True:
        if len(text.pending) >= BLOCK and (cut := text.pending.rfind(b"\n") + 1):
            yield text.take(cut)
        elif len(text.pending) > max(text.held, BLOCK):
            raise UnreadableObjectError(f"one of its lines is larger than {text.held:,} bytes")
        if not text.more():
            break
    if text.pending.strip():
        yield text.pending
    text.pending = b""


def _under_fields(text: Held) -> Iterator[Block]:
    """Yield lines under the line that names their fields (CloudFront); it may come again where logs were put together."""
    fields = b""
    for lines in _lines(text):
        yield Block(fields + lines, repeated=1 if fields else 0)
        at = (b"\n" + lines).rfind(b"\n#Fields:")
        if at >= 0:
            fields = lines[at:].partition(b"\n")[0] + b"\n"


def _under_header(text: Held) -> Iterator[Block]:
    """Yield rows of a CSV under its header, which counts nowhere; a line's end inside quotes ends no row."""
    header = text.line(BLOCK)
    begun = b""  # a row that the next lines end
    is_first = True
    for lines in _lines(text):
        whole = begun + lines
        cut = _last_row(whole)
        begun = whole[cut:]
        if cut:
            yield Block((b"" if is_first else header) + whole[:cut])
            is_first = False
        elif len(begun) > text.held:
            raise UnreadableObjectError(f"one of its rows is larger than {text.held:,} bytes")
    if begun.strip():
        yield Block((b"" if is_first else header) + begun)


def _last_row(lines: bytes) -> int:
    """Return where the last whole row ends: at a line's end with an even number of quotes before it."""
    cut = lines.rfind(b"\n") + 1
    quotes = lines.count(b'"', 0, cut)
    while quotes % 2 and cut:
        before = lines.rfind(b"\n", 0, cut - 1) + 1
        quotes -= lines.count(b'"', before, cut)
        cut = before
    return cut


def _is_value(line: bytes) -> bool:
    try:
        _value.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _as_object(elements: bytes) -> Block:
    return Block(b'{"Records":[' + elements.strip() + b"]}")
