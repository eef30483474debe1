"""Made-up identifiers in AWS's form, derived from names, so that the same world always has the same ones."""

from __future__ import annotations

import hashlib
from random import Random

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def unique_id(prefix: str, *names: str, length: int = 17) -> str:
    """Return *prefix* (`AIDA`, `AROA`, `AGPA`, `ANPA`, `AKIA`, `ASIA`) and *length* characters that follow from *names*."""
    digest = hashlib.sha256("\x1f".join((prefix, *names)).encode()).digest()
    return prefix + "".join(ALPHABET[byte % 32] for byte in digest[:length])


def access_key_id(*names: str) -> str:
    """Return the id of a long-lived access key: `AKIA` and sixteen characters."""
    return unique_id("AKIA", *names, length=16)


def hexadecimal(*names: str, length: int) -> str:
    """Return *length* hexadecimal digits (at most 64) that follow from *names*."""
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:length]


def guid(rng: Random) -> str:
    """Return a version 4 UUID drawn from *rng*."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


def guid_of(*names: str) -> str:
    """Return a version 4 UUID that follows from *names*."""
    return guid(Random("\x1f".join(names)))


def session_key_id(rng: Random) -> str:
    """Return the id of a temporary access key: `ASIA` and sixteen characters."""
    bits = rng.getrandbits(80)
    return "ASIA" + "".join(ALPHABET[(bits >> shift) & 31] for shift in range(0, 80, 5))
