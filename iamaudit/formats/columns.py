"""Many records at once as Arrow columns: the fast path of the decoder.

Records arrive as typed structs, a couple of thousand at a time (as many as stay in the processor's cache). A field of
all of them is one call that makes an Arrow array; an identity is worked out once for each distinct JSON text and then
stands as a number; what a batch has in common stands once. `tests/oracles/slow_decoder.py` is the obvious twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.formats.identity import identity_columns
from iamaudit.formats.masking import masked, may_hold_secrets, without_secrets
from iamaudit.formats.record import RAW_COLUMNS, TEXT_COLUMNS, Record, check_version, extra_text
from iamaudit.formats.values import NULL, Raw, UnusableError, raw_text
from iamaudit.lake.schema import EVENTS_SCHEMA

FIELDS: Final = {field.name: number for number, field in enumerate(msgspec.structs.fields(Record))}
TEXTS: Final = {column: FIELDS[field] for column, field in TEXT_COLUMNS.items()}
RAWS: Final = {column: FIELDS[field] for column, field in RAW_COLUMNS.items()}
PLAIN_EXTRA: Final = ("managementEvent", "apiVersion", "sessionCredentialFromConsole")
RARE: Final = (
    "insightDetails",
    "addendum",
    "edgeDeviceDetails",
    "vpcEndpointAccountId",
    "eventContext",
    "omitted",
)
IDENTITY: Final = tuple(identity_columns(None))
TIME: Final = EVENTS_SCHEMA.field("event_time").type
_YEAR_ONE: Final = -62_135_596_800_000_000  # its first microsecond, from 1970
_TIME_LENGTH: Final = 20  # `2026-11-01T10:00:00Z`, the form of every record that AWS delivers

CHUNK: Final = 2_000  # records at once: as many as stay in the processor's cache

Row = dict[str, Any]


class OddError(Exception):
    """Something in these records wants the careful path; nothing was added."""


class Columns:
    """The rows of one batch while they come in; `table()` gives them as `EVENTS_SCHEMA`, some columns dictionary-coded."""

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id
        self.chunks: dict[str, list[pa.Array]] = {
            name: []
            for name in EVENTS_SCHEMA.names
            if name not in {*IDENTITY, "user_identity", "source_key", "batch_id"}
        }
        self.identities: dict[bytes | None, int] = {}
        self.identity_texts: list[str | None] = []  # by number, from 1; without secrets
        self.identity_codes: list[np.ndarray[Any, np.dtype[np.int32]]] = []
        self.keys: dict[str, int] = {}
        self.key_codes: list[np.ndarray[Any, np.dtype[np.int32]]] = []
        self.rows = 0
        self.bytes = 0

    def add(self, events: Sequence[Record], keys: Iterable[tuple[str, int]]) -> None:
        """Add records that are as documented; *keys* are their source objects, with how many records each has.

        Raises `OddError`, and adds nothing, when one of them needs a closer look: an unknown version, a time in
        another form, no event id, or text that is not Unicode.
        """
        made = []
        try:
            for start in range(0, len(events), CHUNK):
                fields = list(zip(*map(msgspec.structs.astuple, events[start : start + CHUNK]), strict=True))
                made.append((_arrays(fields), self._identity_codes(fields[FIELDS["userIdentity"]])))
        except (pa.ArrowInvalid, UnicodeError, UnusableError, RecursionError) as error:
            raise OddError from error
        for arrays, codes in made:
            self._take(arrays, codes)
        self._note_keys(keys)

    def add_rows(self, rows: Sequence[Row], keys: Iterable[tuple[str, int]]) -> None:
        """Add rows that the careful path made."""
        if not rows:
            return
        made = {name: pa.array([row.get(name) for row in rows], EVENTS_SCHEMA.field(name).type) for name in self.chunks}
        texts = [None if row["user_identity"] is None else row["user_identity"].encode() for row in rows]
        self._take(made, np.array([self._code(text) for text in texts], np.int32))
        self._note_keys(keys)

    def _note_keys(self, keys: Iterable[tuple[str, int]]) -> None:
        for key, count in keys:
            self.key_codes.append(np.full(count, self.keys.setdefault(key, len(self.keys)), np.int32))

    def _take(self, made: dict[str, pa.Array], codes: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        for name, array in made.items():
            self.chunks[name].append(array)
            self.bytes += array.nbytes
        self.identity_codes.append(codes)
        self.rows += len(codes)

    def _identity_codes(self, raws: Sequence[Raw]) -> np.ndarray[Any, np.dtype[np.int32]]:
        known, coded = self.identities, _bytes_of(raws)[0].dictionary_encode()
        codes = np.array([known.get(text) or self._code(text) for text in coded.dictionary.to_pylist()], np.int32)
        taken: np.ndarray[Any, np.dtype[np.int32]] = codes[coded.indices.to_numpy()]
        return taken

    def _code(self, text: bytes | None) -> int:
        """Return the number of an identity; the first one is 1, so that `or` finds the unknown ones."""
        if text == b"null":
            text = None
        code = self.identities.get(text)
        if code is None:
            self.identity_texts.append(None if text is None else without_secrets(text.decode()))
            self.bytes += 0 if text is None else 2 * len(text)
            code = self.identities[text] = len(self.identity_texts)
        return code

    def table(self) -> pa.Table:
        """Return everything that came in, in the order in which it came."""
        texts = self.identity_texts
        codes = np.concatenate(self.identity_codes) - 1 if self.identity_codes else np.zeros(0, np.int32)
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            name: pa.chunked_array(chunks, EVENTS_SCHEMA.field(name).type) for name, chunks in self.chunks.items()
        }
        columns["user_identity"] = _coded(texts, codes)
        found = [identity_columns(text) for text in texts]
        for name in IDENTITY:
            values = [entry[name] for entry in found]
            kind = EVENTS_SCHEMA.field(name).type
            columns[name] = (
                _coded(values, codes) if kind == pa.string() else pa.array(values, kind).take(pa.array(codes))
            )
        columns["account_id"] = _with_the_callers_account(columns["account_id"], columns["identity_account_id"])
        sources = np.concatenate(self.key_codes) if self.key_codes else np.zeros(0, np.int32)
        columns["source_key"] = _coded(list(self.keys), sources)
        columns["batch_id"] = _coded([self.batch_id], np.zeros(self.rows, np.int32))
        return pa.table({name: columns[name] for name in EVENTS_SCHEMA.names})


def _arrays(fields: list[tuple[Any, ...]]) -> dict[str, pa.Array]:
    """Return the columns that stand for themselves; raise for what needs the careful path."""
    for version in set(fields[FIELDS["eventVersion"]]):
        check_version(version)
    made = {column: pa.array(fields[number], pa.string()) for column, number in TEXTS.items()}
    made["event_id"] = pa.array(fields[FIELDS["eventID"]], pa.string())
    if made["event_id"].null_count or pc.min(pc.binary_length(made["event_id"])).as_py() == 0:
        raise UnusableError("no_event_id")
    made["event_time"] = _times(fields[FIELDS["eventTime"]])
    made["read_only"] = pa.array(fields[FIELDS["readOnly"]], pa.bool_())
    made["resources"], kept = _resources(fields[FIELDS["resources"]])
    for column, number in RAWS.items():
        made[column] = _raw(fields[number])
    made["extra"] = _extras(fields, kept)
    return made


def _times(texts: Sequence[str]) -> pa.Array:
    array = pa.array(texts, pa.string())
    lengths = pc.min_max(pc.binary_length(array)).as_py()
    if lengths != {"min": _TIME_LENGTH, "max": _TIME_LENGTH}:
        raise UnusableError("bad_event_time")
    times = array.cast(TIME)
    if pc.min(times.view(pa.int64())).as_py() < _YEAR_ONE:
        raise UnusableError("bad_event_time")  # Arrow takes the year 0, and nobody who reads it back does
    return times


def _raw(raws: Sequence[Raw]) -> pa.Array:
    """Return nested parts as their JSON text, without secrets."""
    if raws.count(NULL) == len(raws):
        return pa.nulls(len(raws), pa.string())
    found, data = _bytes_of(raws)
    given = pc.not_equal(found, b"null").to_numpy(zero_copy_only=False)
    valid = pa.py_buffer(np.packbits(given, bitorder="little"))
    array = pa.Array.from_buffers(pa.string(), len(raws), [valid, *found.buffers()[1:]])
    array.validate(full=True)  # nobody has looked whether it is Unicode
    if not may_hold_secrets(data):
        return array
    return pa.array(
        [masked(bytes(raw)) if is_given else None for raw, is_given in zip(raws, given, strict=True)], pa.string()
    )


def _bytes_of(raws: Sequence[Raw]) -> tuple[pa.Array, bytes]:
    """Return nested parts as they were written, `null` too, and the same behind each other: copied once, and no object made."""
    offsets = np.zeros(len(raws) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, raws), np.int64, len(raws)), out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise pa.ArrowInvalid(f"{offsets[-1]:,} bytes in one column of a chunk")
    data = b"".join(raws)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(raws), buffers), data


def _resources(listed: Sequence[list[Any] | None]) -> tuple[pa.Array, dict[int, str]]:
    """Return the column, and by position the lists that must also be kept in `extra` since they have an `ARNPrefix`."""
    entries = list(chain.from_iterable(filter(None, listed)))
    lengths = np.array([-1 if entry is None else len(entry) for entry in listed], np.int32)
    offsets = np.zeros(len(listed) + 1, np.int32)
    np.cumsum(np.maximum(lengths, 0), out=offsets[1:])
    kind = EVENTS_SCHEMA.field("resources").type
    columns = list(zip(*map(msgspec.structs.astuple, entries), strict=True)) or [()] * 4
    arrays = [_set_texts(column) for column in columns]
    values = pa.StructArray.from_arrays(arrays[:3], fields=list(kind.value_type))
    array = pa.ListArray.from_arrays(pa.array(offsets), values, type=kind, mask=pa.array(lengths < 0))
    kept: dict[int, str] = {}
    if columns[3].count(msgspec.UNSET) != len(entries):
        prefixed = [number for number, prefix in enumerate(columns[3]) if prefix is not msgspec.UNSET]
        for position in np.unique(np.searchsorted(offsets, prefixed, side="right") - 1).tolist():
            kept[position] = msgspec.json.encode(listed[position]).decode()
    return array, kept


def _set_texts(column: Sequence[Any]) -> pa.Array:
    if msgspec.UNSET in column:
        column = [None if text is msgspec.UNSET else text for text in column]
    return pa.array(column, pa.string())


def _extras(fields: list[tuple[Any, ...]], kept: dict[int, str]) -> pa.Array:
    """Return the fields without a column: nearly always one of a few combinations of plain values."""
    plain = list(zip(*(fields[FIELDS[name]] for name in PLAIN_EXTRA), strict=True))
    known = {values: extra_text(_plain_texts(values)) for values in set(plain)}
    texts = [known[values] for values in plain]
    rare = {name: fields[FIELDS[name]] for name in RARE}
    odd = set(kept)
    for column in rare.values():
        if column.count(NULL) != len(column):
            odd.update(position for position, raw in enumerate(column) if raw is not NULL)
    for position in odd:
        found = _plain_texts(plain[position])
        found |= {name: text for name, column in rare.items() if (text := raw_text(column[position])) is not None}
        if position in kept:
            found["resources"] = kept[position]
        texts[position] = without_secrets(extra_text(found))
    return pa.array(texts, pa.string())


def _plain_texts(values: tuple[Any, ...]) -> dict[str, str]:
    return {
        name: msgspec.json.encode(value).decode()
        for name, value in zip(PLAIN_EXTRA, values, strict=True)
        if value is not None
    }


def _coded(values: list[str | None], codes: np.ndarray[Any, np.dtype[np.int32]]) -> pa.DictionaryArray:
    """Return *values* at *codes*; each distinct value stands once in the dictionary, and no null stands in it."""
    distinct: dict[str, int] = {}
    numbers = np.fromiter(
        (-1 if value is None else distinct.setdefault(value, len(distinct)) for value in values), np.int32, len(values)
    )
    taken = numbers[codes] if len(values) else codes
    indices = pa.array(taken, mask=taken < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(distinct), pa.string()))


def _with_the_callers_account(recipient: pa.ChunkedArray, caller: pa.DictionaryArray) -> pa.ChunkedArray:
    """A record without a recipient belongs to the caller's account."""
    missing = recipient.null_count or pc.any(pc.equal(recipient, "")).as_py()
    if not missing:
        return recipient
    known = pc.if_else(pc.equal(recipient, ""), pa.scalar(None, pa.string()), recipient)
    return pc.coalesce(known, caller.cast(pa.string()))
