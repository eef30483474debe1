"""No credential reaches the lake: secret values are taken out of JSON text and of bytes (design.md §6)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from iamaudit.sources.values import UnusableError

SECRET_FIELDS = {"sessiontoken", "secretaccesskey"}  # in lower case
_SECRET_WORDS = ("essionToken", "ecretAccessKey")
_SECRET_IN_BYTES = re.compile(rb'("(?:[sS]essionToken|[sS]ecretAccessKey)"\s*:\s*")[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)

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
        return any(name.lower() in SECRET_FIELDS or _has_secret(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(_has_secret, value))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if name.lower() in SECRET_FIELDS and inner is not None else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def mask_bytes(data: bytes) -> bytes:
    """Return bytes that may not be JSON with the values of credentials taken out, for the quarantine."""
    return _SECRET_IN_BYTES.sub(rb"\1***", data)
