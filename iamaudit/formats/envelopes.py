"""JSON text of a log object: one value, JSON lines, values one behind the other, or a list that is damaged."""

from __future__ import annotations

import re

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.cloudwatch import Opener, exported_message, is_write_test
from iamaudit.formats.json_cuts import cut_list, cut_values
from iamaudit.formats.pieces import CLOUDTRAIL, Broken, Found, Ignored
from iamaudit.formats.unwrap import OtherKind, alone, found_in_value, is_object

__all__ = ["Broken", "OtherKind", "found_in_lines", "found_in_text", "records_of"]

Raw = msgspec.Raw
_anything = msgspec.json.Decoder(Raw)
_LIST_OF_RECORDS = re.compile(rb'\s*(?:\{\s*"(?:Records|Events)"\s*:\s*)?\[')


class _RecordsOnly(msgspec.Struct):
    Records: list[Raw]


_as_records = msgspec.json.Decoder(_RecordsOnly)


def records_of(data: bytes) -> list[bytes | Broken] | OtherKind:
    """Return the JSON text of every record in JSON text *data*, in order, or what else the object is.

    A record that is not JSON does not take its neighbours with it: it is a `Broken` piece. Raises
    `UnreadableObjectError` when the whole is neither JSON nor JSON lines.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return []
    try:
        return [bytes(raw) for raw in _as_records.decode(text).Records]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass  # another shape, or several JSON values: msgspec may notice either first
    found = found_in_text(text)
    return found if isinstance(found, OtherKind) else [piece for _, piece in found if not isinstance(piece, Ignored)]


def found_in_text(text: bytes) -> list[Found] | OtherKind:
    """Return what JSON text holds; raise `UnreadableObjectError` when it is none."""
    opener = Opener()
    try:
        whole = _anything.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _several(text, opener, error)
    return found_in_value(bytes(whole), opener)


def _several(text: bytes, opener: Opener, error: Exception) -> list[Found] | OtherKind:
    first = exported_message(text.lstrip().partition(b"\n")[0].strip())
    if is_object(first):
        return found_in_lines(text, opener, error)
    values = cut_values(text)
    if len(values) > 1 and is_object(values[0]):
        found = [one for value in values for one in alone(value, opener)]
        return _some(found, error)
    opening = _LIST_OF_RECORDS.match(text)
    if opening is not None:
        return _salvaged(text, opening.end(), opener, error)
    return found_in_lines(text, opener, error)


def _salvaged(text: bytes, start: int, opener: Opener, error: Exception) -> list[Found] | OtherKind:
    """Read the elements of a list one by one: one of them, or the end of the list, is not JSON."""
    elements, is_whole = cut_list(text, start)
    found = [one for element in elements for one in alone(element, opener)]
    return found if is_whole else _some(found, error)


def found_in_lines(
    text: bytes, opener: Opener | None = None, error: Exception | None = None
) -> list[Found] | OtherKind:
    """Return what the lines hold: a JSON value each, or several, with the time of an export before it or not."""
    opener = opener or Opener()
    found: list[Found] = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        message = exported_message(stripped)
        if is_write_test(message):
            found.append((CLOUDTRAIL, Ignored("write_test")))
        elif is_object(message) or len(values := cut_values(message)) < 2 or not is_object(values[0]):
            found += alone(message, opener)
        else:
            for value in values:
                found += alone(value, opener)
    return _some(found, error)


def _some(found: list[Found], error: Exception | None) -> list[Found] | OtherKind:
    if found and all(kind == "config" for kind, _ in found):
        return OtherKind("config")
    if all(isinstance(piece, Broken) for _, piece in found):
        raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error or 'no line holds a record'}")
    return found
