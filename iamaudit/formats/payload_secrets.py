"""Base64 payloads inside pieces that are set aside: one that holds a secret is taken out (domain.md §1.9)."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Callable
from typing import Final

_SHORTEST: Final = 24  # characters; `{"sessionToken":"x"}` has 28
_RUN: Final = re.compile(rb"[A-Za-z0-9+/_-]{%d,}={0,2}" % _SHORTEST)
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_GZIP: Final = b"\x1f\x8b"
_LOOKED_AT: Final = 64 << 20  # bytes that are unzipped to look for a secret
_DEEPEST: Final = 2  # payloads in payloads
_LONG: Final = 1 << 20  # characters; a true payload of a stream is not longer, and a longer one is looked at once


def without_secret_payloads(data: bytes, has_secret: Callable[[bytes], bool], depth: int = 0) -> bytes:
    """Return *data* with `***` for each run of base64 that holds a secret, zipped or not, whole or damaged."""

    def replaced(found: re.Match[bytes]) -> bytes:
        return b"***" if _holds(found[0], has_secret, depth) else found[0]

    return _RUN.sub(replaced, data)


def _holds(run: bytes, has_secret: Callable[[bytes], bool], depth: int) -> bool:
    letters = run.rstrip(b"=").translate(_FROM_URL)
    is_long = len(run) > _LONG
    for start in range(1 if is_long else 4):  # what is damaged may begin in the middle
        some = letters[start:]
        payload = binascii.a2b_base64(some[: len(some) // 4 * 4])
        text = _unzipped(payload) if payload.startswith(_GZIP) else payload
        if has_secret(text):
            return True
        if not is_long and depth < _DEEPEST and without_secret_payloads(text, has_secret, depth + 1) != text:
            return True
    return False


def _unzipped(payload: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    try:
        for start in range(0, len(payload), 1 << 16):
            parts.append(stream.decompress(payload[start : start + (1 << 16)], _LOOKED_AT))
            if sum(map(len, parts)) > _LOOKED_AT:
                break
    except zlib.error:
        pass  # what came out before the damage is looked at
    return b"".join(parts)
