"""No credential reaches the lake: secret values are taken out of JSON text and of bytes (design.md §6)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from iamaudit.formats.payload_secrets import without_secret_payloads
from iamaudit.formats.values import UnusableError

SECRET_FIELDS = {"sessiontoken", "secretaccesskey"}  # in lower case
_SECRET_WORDS = ("essionToken", "ecretAccessKey")
_SECRET_IN_BYTES = re.compile(rb'("(?:[sS]essionToken|[sS]ecretAccessKey)"\s*:\s*")[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_NAMED = re.compile(rb"sessiontoken|secretaccesskey", re.IGNORECASE)
_PLAIN = re.compile(rb'("(?:sessiontoken|secretaccesskey)"\s*:\s*")[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL | re.IGNORECASE)
# JSON as a text within JSON: its quotes stand behind one backslash, those of a text within it behind three, …
_QUOTED = re.compile(
    rb'((?<!\\)(\\+)"(?:sessiontoken|secretaccesskey)\2"(?:\s|\\+[nrt])*:(?:\s|\\+[nrt])*\2")(?:(?!(?<!\\)\2").)*',
    re.DOTALL | re.IGNORECASE,
)
_ESCAPED_LETTER = re.compile(rb"\\+u00([46][1-9a-fA-F]|[57][0-9aA])")

_anything = msgspec.json.Decoder()


def may_hold_secrets(data: bytes) -> bool:
    """Say whether *data* names a credential, or has an escape that may hide such a name; quick, and never wrongly no."""
    return b"essionToken" in data or b"ecretAccessKey" in data or (b"\\" in data and b"\\u" in data)


def masked(data: bytes) -> bytes:
    """Return JSON text with the values of credentials taken out, like `without_secrets` and quicker.

    Where every mention of a credential's name is a plain field with a text, the texts are replaced where they stand.
    """
    if not may_hold_secrets(data):
        return data
    if b"\\u" not in data:
        text, replaced = _SECRET_IN_BYTES.subn(rb"\1***", data)
        if replaced == data.count(b"essionToken") + data.count(b"ecretAccessKey"):
            return text
    return (without_secrets(data.decode()) or "").encode()


def without_secrets(text: str | None) -> str | None:
    """Return JSON text with the values of credentials taken out: no secret reaches the lake (design.md §6).

    `accessKeyId` stays: it is an identifier, and it links a session to the call that made it. Text without a secret
    is returned as it came.
    """
    if text is None:
        return None
    is_named = any(word in text for word in _SECRET_WORDS)
    if not is_named and "\\u" not in text:  # an escape may hide the name
        return text
    try:
        value = _anything.decode(text)
        return msgspec.json.encode(_masked(value)).decode() if _has_secret(value) else text
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if not is_named:
            return text
        raise UnusableError("secret_in_unreadable_text") from error


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(
            (name.lower() in SECRET_FIELDS and inner not in (None, "***")) or _has_secret(inner)
            for name, inner in value.items()
        )
    if isinstance(value, str):
        return any(word in value for word in _SECRET_WORDS) and _masked(value) != value
    return isinstance(value, list) and any(map(_has_secret, value))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if name.lower() in SECRET_FIELDS and inner is not None else _masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, str) and any(word in value for word in _SECRET_WORDS):
        return _replaced(value.encode()).decode()  # JSON as a text within JSON
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def mask_bytes(data: bytes) -> bytes:
    """Return bytes that may not be JSON with the values of credentials taken out, for the quarantine.

    Rather more is taken out than too little; bytes without a credential's name stay as they are.
    """
    if b"u00" in data:
        plain = _ESCAPED_LETTER.sub(lambda found: bytes.fromhex(found[1].decode()), data)
        data = plain if len(_NAMED.findall(plain)) > len(_NAMED.findall(data)) else data
    if _names_a_secret(data):
        data = _replaced(data)
        try:
            value = _anything.decode(data)
            data = msgspec.json.encode(_masked(value)) if _has_secret(value) else data
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass  # what is no JSON has no other values than texts
    return without_secret_payloads(data, _names_a_secret)


def _names_a_secret(data: bytes) -> bool:
    text = data.lower()
    return any(name.encode() in text for name in SECRET_FIELDS)


def _replaced(data: bytes) -> bytes:
    return _QUOTED.sub(rb"\1***", _PLAIN.sub(rb"\1***", data))
