"""From the bytes of log objects to one table and the books of each object: quick for what is as documented."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.columns import CHUNK, Columns, OddError, Row
from iamaudit.formats.config_items import config_rows
from iamaudit.formats.gunzip import LIMIT, TooLargeError, gunzip, unzipped
from iamaudit.formats.large import Block, blocks
from iamaudit.formats.masking import mask_bytes
from iamaudit.formats.pieces import Broken
from iamaudit.formats.recognise import pieces_of
from iamaudit.formats.record import MAX_RECORD, Record, row_of
from iamaudit.formats.values import Raw, UnusableError
from iamaudit.lake.layout import delivery_day, is_trail_log
from iamaudit.model.tally import Tally, total

SPILL = 192 << 20  # bytes of rows that are handed on before the batch is at its end
WAITING = 32 << 20  # bytes of objects that wait to be made columns together
OBJECT_COST = 100  # bytes that an object holds beside its text
SEARCHED = 16  # records among which the odd one is not looked for: the careful path takes them all
PIECES = 100  # pieces of an object that are set aside each by itself; of more, those with one reason go together
ZIPS_TO = 100  # times its size: logs zip 8 to 20 times, a gzip bomb a thousand
WHOLE = 64 << 20  # unzipped bytes of an object that is read in one piece; a larger one is cut (`large.py`)


class SpoiledError(Exception):
    """An object turned out to be unreadable after some of its rows were handed on: begin the batch again without it."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


_OPENING = re.compile(rb'\s*\{\s*"Records"\s*:\s*(?=\[)')
_records = msgspec.json.Decoder(list[Record])
_record = msgspec.json.Decoder(Record)


@dataclass(frozen=True, slots=True)
class ObjectFound:
    """What came out of one object: its books, what it is, and what was set aside with its reason."""

    key: str
    tally: Tally = field(default_factory=Tally)
    kind: str = "cloudtrail"
    set_aside: tuple[Broken, ...] = ()
    error: str | None = None  # why the object as a whole could not be read


@dataclass(slots=True)
class _Waiting:
    """An object whose records are decoded and not yet columns."""

    key: str
    text: bytes
    events: list[Record]


class BatchDecoder:
    """Decodes the objects of one batch; afterwards `table()` has every row and `found` every object's books."""

    def __init__(
        self,
        batch_id: str,
        *,
        spill: Callable[[pa.Table], None] | None = None,
        keep: Callable[[str, Broken], None] | None = None,
    ) -> None:
        """Make a decoder; *spill* takes rows as soon as there are many, *keep* what is set aside: memory stays bounded."""
        self.columns = Columns(batch_id)
        self._spill = spill
        self._keep = keep
        self.config_items: dict[str, list[pa.Table]] = {}  # by day of delivery
        self.found: list[ObjectFound] = []
        self._waiting: list[_Waiting] = []
        self._count = self._bytes = 0  # records and bytes that wait

    def add(self, key: str, data: bytes) -> None:
        """Take one object, gzip or not; one that cannot be read has an `error` in its books."""
        try:
            text = gunzip(data, limit=WHOLE)
        except TooLargeError:
            self.add_large(key, BytesIO(data), size=len(data))
            return
        except UnreadableObjectError as error:
            self._unreadable(key, error)
            return
        if not text.strip() and is_trail_log(key):
            self._unreadable(key, UnreadableObjectError("it is empty, and CloudTrail delivers no empty objects"))
            return
        self._add_text(key, text)

    def add_large(self, key: str, file: BinaryIO, *, size: int) -> None:
        """Take an object that may be too large to hold; *file* is read twice: what is damaged gives no rows at all."""
        limit = max(LIMIT, size * ZIPS_TO)
        try:
            for _ in unzipped(file, limit=limit):
                pass
        except UnreadableObjectError as error:
            self._unreadable(key, error)
            return
        file.seek(0)
        self.flush()
        before = len(self.found)
        try:
            for block in blocks(unzipped(file, limit=limit)):
                self._add_text(key, block.text)
                self.flush()
                self._block_read(key, block)
        except UnreadableObjectError as error:
            if any(part.tally.kept for part in self.found[before:]):
                raise SpoiledError(key, str(error)) from error
            self.found[before:] = []
            self._unreadable(key, error)
            return
        self.found[before:] = [_together(key, self.found[before:])]

    def _block_read(self, key: str, block: Block) -> None:
        """A block that could not be read is one piece set aside: its neighbours are read."""
        found = self.found[-1]
        if found.error is not None:
            self.found.pop()
            reason = found.error.partition(":")[0]
            self._found(key, Tally(1, 0, {}, {reason: 1}), "cloudtrail", [Broken(reason, mask_bytes(block.text))])
        elif block.repeated:
            self.found[-1] = _without(found, block.repeated)

    def _add_text(self, key: str, text: bytes) -> None:
        events = _quickly(text)
        if events is None:
            self._carefully(key, text)
            return
        self._waiting.append(_Waiting(key, text, events))
        self._count += len(events)
        self._bytes += len(text) + OBJECT_COST
        if self._count >= CHUNK or self._bytes >= WAITING:
            self.flush()

    def flush(self) -> None:
        """Make columns of what waits; if anything is odd, object by object, and record by record where it is."""
        waiting, self._waiting, self._count, self._bytes = self._waiting, [], 0, 0
        events = [event for entry in waiting for event in entry.events]
        try:
            self.columns.add(events, [(entry.key, len(entry.events)) for entry in waiting])
        except OddError:
            if len(waiting) > 1:
                for entry in waiting:
                    self._waiting = [entry]
                    self.flush()
            else:
                self._carefully(waiting[0].key, waiting[0].text)
            return
        self.found += [ObjectFound(entry.key, Tally(len(entry.events), len(entry.events))) for entry in waiting]
        self._spill_if_many()

    def _spill_if_many(self) -> None:
        if self._spill is not None and self.columns.bytes > SPILL:
            self._spill(self.columns.table())
            self.columns = Columns(self.columns.batch_id)

    def table(self) -> pa.Table:
        """Return the rows of everything added."""
        self.flush()
        return self.columns.table()

    def _unreadable(self, key: str, error: Exception) -> None:
        self.found.append(ObjectFound(key, Tally(), error=f"{unreadable(error)}: {error}"))

    def _carefully(self, key: str, text: bytes) -> None:
        """Read an object in any shape, record by record."""
        try:
            pieces = pieces_of(text)
        except (UnreadableObjectError, RecursionError) as error:
            self._unreadable(key, error)
            return
        if pieces.kind == "config":
            self._config(key, text)
            return
        broken: list[Broken] = []
        kept = 0
        for start in range(0, len(pieces.pieces), CHUNK):  # an odd one is searched for among so many
            kept += self._add_pieces(key, pieces.pieces[start : start + CHUNK], broken)
            self._spill_if_many()
        count = pieces.records_in
        reasons = Counter(piece.reason for piece in broken)
        tally = Tally(count, kept, dict(pieces.ignored), dict(reasons))
        self._found(key, tally, pieces.kind, broken)

    def _config(self, key: str, text: bytes) -> None:
        """Read an object of AWS Config: its items are rows of their own table."""
        try:
            found = config_rows(text, source_key=key, batch_id=self.columns.batch_id)
        except UnreadableObjectError as error:
            self._unreadable(key, error)
            return
        newest = pc.max(found.rows["captured_at"]).as_py()
        day = delivery_day(key) or (newest.date().isoformat() if newest else "")
        self.config_items.setdefault(day, []).append(found.rows)
        reasons = Counter(piece.reason for piece in found.broken)
        tally = Tally(found.records_in, found.rows.num_rows, dict(found.ignored), dict(reasons))
        self._found(key, tally, "config", found.broken)

    def _found(self, key: str, tally: Tally, kind: str, broken: Sequence[Broken]) -> None:
        if self._keep is not None:
            for piece in broken if len(broken) <= PIECES else _by_reason(broken):
                self._keep(key, piece)
            broken = ()
        self.found.append(ObjectFound(key, tally, kind, tuple(broken)))

    def _add_pieces(self, key: str, pieces: list[bytes | Broken], broken: list[Broken]) -> int:
        """Add the records among *pieces* and say how many; the others go to *broken*, without secrets."""
        quick: list[tuple[Record, bytes]] = []
        slow: list[bytes] = []
        for piece in pieces:
            if isinstance(piece, Broken):
                broken.append(Broken(piece.reason, mask_bytes(piece.data)))
            elif (event := _one_quickly(piece)) is not None:
                quick.append((event, piece))
            else:
                slow.append(piece)
        odd = self._add_quick(key, quick)
        rows: list[Row] = []
        for piece in [*slow, *odd]:
            try:
                rows.append(row_of(piece))
            except UnusableError as why:
                broken.append(Broken(str(why), mask_bytes(piece)))
        self.columns.add_rows(rows, [(key, len(rows))])
        return len(quick) - len(odd) + len(rows)

    def _add_quick(self, key: str, records: list[tuple[Record, bytes]]) -> list[bytes]:
        """Add what fits, halving around what does not; return the few records that want the careful path."""
        try:
            self.columns.add([event for event, _ in records], [(key, len(records))])
        except OddError:
            if len(records) <= SEARCHED:
                return [text for _, text in records]
            half = len(records) // 2
            return self._add_quick(key, records[:half]) + self._add_quick(key, records[half:])
        return []


def _without(found: ObjectFound, comments: int) -> ObjectFound:
    """Return the books without lines that were counted with an earlier block."""
    tally = found.tally
    ignored = Counter(tally.ignored) - Counter(comment=comments)
    return replace(found, tally=Tally(tally.records_in - comments, tally.kept, dict(ignored), tally.set_aside))


def _together(key: str, parts: Sequence[ObjectFound]) -> ObjectFound:
    """Return the books of an object that was cut into *parts*."""
    aside = tuple(piece for part in parts for piece in part.set_aside)
    kinds = Counter[str]()
    for part in parts:
        kinds[part.kind] += part.tally.records_in
    kind = kinds.most_common(1)[0][0] if kinds else "cloudtrail"
    return ObjectFound(key, total(part.tally for part in parts), kind, aside)


def _by_reason(broken: Sequence[Broken]) -> list[Broken]:
    """Put the pieces with one reason together, a line each."""
    pieces: dict[str, list[bytes]] = {}
    for piece in broken:
        pieces.setdefault(piece.reason, []).append(piece.data)
    return [Broken(reason, b"\n".join(texts)) for reason, texts in pieces.items()]


def _quickly(text: bytes) -> list[Record] | None:
    """Return the records of an object as AWS delivers them, or None when it wants a closer look.

    Only the list is decoded: of two lists in one object, a reader of the whole would see the last.
    """
    opening = _OPENING.match(text)
    whole = text.rstrip()
    if opening is None or not whole.endswith(b"}"):
        return None
    if len(text) > MAX_RECORD and not _has_small_records(text):
        return None
    try:
        if not text.isascii():
            text.decode()
        return _records.decode(memoryview(whole)[opening.end() : len(whole) - 1])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


class _RawRecords(msgspec.Struct):
    Records: list[Raw]


_raw_records = msgspec.json.Decoder(_RawRecords)


def _has_small_records(text: bytes) -> bool:
    try:
        return all(memoryview(raw).nbytes <= MAX_RECORD for raw in _raw_records.decode(text).Records)
    except (msgspec.DecodeError, RecursionError):
        return False


def _one_quickly(record: bytes) -> Record | None:
    if len(record) > MAX_RECORD:
        return None
    try:
        if not record.isascii():
            record.decode()
        return _record.decode(record)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def unreadable(error: Exception) -> str:
    """Return the reason word under which the books count an object that could not be read."""
    text = str(error)
    if "come out" in text or "larger than" in text:
        return "too_large"
    if "Parquet" in text:
        return "damaged_parquet"
    if text.startswith("it is empty"):
        return "empty"
    if text.startswith("the text"):
        return "not_utf8"
    return "damaged_gzip" if "gzip" in text else "not_json"
