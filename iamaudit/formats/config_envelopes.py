"""Where AWS Config's configuration items are: in files, notifications and answers, whatever is around them.

Recognised by content (domain.md §5): snapshot and history files and the API's answers (`configurationItems` and its
like), `Results` of a selection (JSON text), messages (`configurationItem`, an object or a list) bare or within SNS, SQS
and EventBridge envelopes, bare lists, JSON lines, and several JSON documents behind one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from iamaudit.errors import UnreadableObjectError
from iamaudit.formats.json_cuts import cut_list, cut_values
from iamaudit.formats.pieces import Broken, Ignored
from iamaudit.formats.text_encoding import as_utf8
from iamaudit.formats.values import Raw
from iamaudit.knowledge.config_messages import message_reason

_as_object = msgspec.json.Decoder(dict[str, Raw])
_as_list = msgspec.json.Decoder(list[Raw])
_as_text = msgspec.json.Decoder(str)
_anything = msgspec.json.Decoder(Raw)

# Members are compared in lower case: the same list is `configurationItems` in files and `ConfigurationItems` in SDKs.
_ITEMS = ("configurationitems", "configurationitem", "baseconfigurationitems", "baseconfigurationitem", "results")
_CARRIERS = ("detail", "sns", "message", "invokingevent", "body", "records", "messages")
_UNPROCESSED = ("unprocessedresourcekeys", "unprocessedresourceidentifiers")
# Of what stands beside the items, this is transport and tells nothing of a resource.
_TRANSPORT = {"messagetype", "recordversion", "fileversion", "nexttoken", "queryinfo"}
_OPENING = re.compile(rb'"configurationItems"\s*:\s*\[', re.IGNORECASE)
_DEEPEST = 8  # envelopes within envelopes
_SHORT = 256  # characters


@dataclass(frozen=True, slots=True)
class Item:
    """The members of one configuration item as JSON text, and those of the document around it."""

    members: Mapping[str, Raw]
    around: Mapping[str, Raw] = field(default_factory=dict)
    text: bytes = b""


Piece = Item | Ignored | Broken


def is_config(document: bytes) -> bool:
    """Tell whether one JSON document, or a list's first element, is of AWS Config, whatever is around it.

    A file of JSON lines is asked with its first line.
    """
    try:
        text = document.strip()
        if text[:1] == b"[":
            elements = _as_list.decode(text)
            return bool(elements) and is_config(bytes(elements[0]))
        first = next(_pieces(text, 0), None)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    if first is None:
        return bool(_named(_as_object.decode(text), "configurationitems"))
    return not isinstance(first, Broken)


def items_of(data: bytes) -> Iterator[Piece]:
    """Yield every configuration item of a file, every message without one, and what should have been one.

    A broken item does not take its neighbours with it. Raises `UnreadableObjectError` when the whole is neither JSON
    nor JSON lines.
    """
    text = as_utf8(data).strip()
    if not text:
        return
    try:
        whole = _anything.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        yield from _apart(text, error)
    else:
        yield from _alone(bytes(whole))


def _apart(text: bytes, error: Exception) -> Iterator[Piece]:
    """Yield what is in text that is not one JSON document: lines, documents in a row, or a list with a broken item."""
    lines = [piece for line in text.splitlines() if line.strip() for piece in _alone(line.strip())]
    if any(not isinstance(piece, Broken) for piece in lines):
        yield from lines
    elif len(documents := cut_values(text)) > 1:
        for document in documents:
            yield from _alone(document)
    elif opening := _OPENING.search(text):
        elements, _ = cut_list(text, opening.end())
        pieces = [piece for element in elements for piece in _alone(element)]
        if all(isinstance(piece, Broken) for piece in pieces):
            raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error}")
        yield from pieces
    else:
        raise UnreadableObjectError(f"it is neither JSON nor JSON lines: {error}")


def _alone(text: bytes) -> Iterator[Piece]:
    """Yield what one piece of text holds, which may be anything."""
    try:
        _anything.decode(text)
    except RecursionError:
        yield Broken("nested_too_deeply", text)
    except (msgspec.DecodeError, UnicodeError):
        yield Broken("not_json", text)
    else:
        yield from _pieces(text, 0)


def _pieces(text: bytes, depth: int) -> Iterator[Piece]:
    if depth > _DEEPEST:
        yield Broken("nested_too_deeply", text)
        return
    try:
        opening = text.lstrip()[:1]
        if opening == b"[":
            for element in _as_list.decode(text):
                yield from _pieces(bytes(element), depth + 1)
            return
        if opening == b'"':
            inner = _as_text.decode(text).encode()
            _anything.decode(inner)
            yield from _pieces(inner, depth + 1)
            return
        members = _as_object.decode(text)
    except msgspec.ValidationError:
        yield Broken("not_an_object", text)
    except RecursionError:
        yield Broken("nested_too_deeply", text)
    except (msgspec.DecodeError, UnicodeError):
        yield Broken("not_json", text)
    else:
        yield from _opened(text, members, depth)


def _opened(text: bytes, members: dict[str, Raw], depth: int) -> Iterator[Piece]:
    holders = _named(members, *_ITEMS)
    if holders:
        around = {name: raw for name, raw in members.items() if name not in holders}
        yield from _held(text, holders, around, depth)
        return
    message_type = _word(members, "messagetype")
    if message_type is not None:
        reason = message_reason(message_type)
        yield Broken("unknown_config_message", text) if reason is None else Ignored(reason)
        return
    if _named(members, "resourcetype") and _named(members, "resourceid", "configurationitemcapturetime"):
        yield Item(members, {}, text)
        return
    if _word(members, "type") in {"SubscriptionConfirmation", "UnsubscribeConfirmation"}:
        yield Ignored("subscription_message")
        return
    carrier = _named(members, *_CARRIERS)
    if not carrier:
        yield Broken("not_a_config_item", text)
    for name in carrier:
        yield from _pieces(bytes(members[name]), depth + 1)


def _held(text: bytes, holders: dict[str, Raw], around: dict[str, Raw], depth: int) -> Iterator[Piece]:
    """Yield the items of a document; what stands beside them goes with each, what is long with the first only."""
    beside = {
        name: raw
        for name, raw in around.items()
        if name.lower() not in _TRANSPORT and name.lower() not in _UNPROCESSED and bytes(raw) not in {b"null", b"[]"}
    }
    short = {name: raw for name, raw in beside.items() if len(bytes(raw)) <= _SHORT}
    count = 0
    for name, raw in holders.items():
        value = bytes(raw)
        elements = _as_list.decode(value) if value[:1] == b"[" else [] if value == b"null" else [raw]
        for element in elements:
            for piece in _pieces(bytes(element), depth + 1):
                count += 1
                if isinstance(piece, Item):
                    yield Item(piece.members, {**piece.around, **(beside if count == 1 else short)}, piece.text)
                else:
                    yield piece
        if not elements and name.lower() == "configurationitem":
            yield Broken("no_configuration_item", text)
    for raw in _named(around, *_UNPROCESSED).values():
        if bytes(raw)[:1] == b"[":
            yield from (Ignored("unprocessed_resource_key") for _ in _as_list.decode(raw))


def _named(members: Mapping[str, Raw], *names: str) -> dict[str, Raw]:
    return {name: raw for name, raw in members.items() if name.lower() in names}


def _word(members: Mapping[str, Raw], name: str) -> str | None:
    for raw in _named(members, name).values():
        try:
            return _as_text.decode(raw)
        except (msgspec.DecodeError, UnicodeError):
            return None
    return None
