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
