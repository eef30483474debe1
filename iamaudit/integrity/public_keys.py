"""The keys that CloudTrail signs with: found by fingerprint, in either encoding, and what they say of a signature."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from iamaudit.errors import ConfigError

_HEX = re.compile(r"(?:[0-9a-f]{2})+")  # as AWS writes it; a changed letter is a changed signature


class PublicKeys(Protocol):
    """Where public keys are found. Keys are per region."""

    def find(self, region: str, fingerprint: str, *, start: datetime, end: datetime) -> tuple[str, ...]:
        """Return the keys (base64 of DER) of that fingerprint that signed between *start* and *end*; none is ()."""
        ...


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Public keys from a file; a fingerprint is unique over all regions."""

    by_fingerprint: Mapping[str, tuple[str, ...]]

    def find(self, region: str, fingerprint: str, *, start: datetime, end: datetime) -> tuple[str, ...]:  # noqa: ARG002  # the port's
        """Return the keys of that fingerprint."""
        return self.by_fingerprint.get(fingerprint, ())


def read_public_keys(data: bytes, *, name: str) -> KnownKeys:
    """Read the output of `aws cloudtrail list-public-keys`, or a list of several; raise `ConfigError` for other text."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ConfigError(f"`{name}` is not JSON: {error}; give the output of `list-public-keys`") from error
    found: dict[str, tuple[str, ...]] = {}
    for answer in value if isinstance(value, list) else [value]:
        entries = answer.get("PublicKeyList") if isinstance(answer, dict) else None
        if not isinstance(entries, list):
            raise ConfigError(
                f"`{name}` holds no `PublicKeyList`: give the output of `aws cloudtrail list-public-keys`"
            )
        for entry in entries:
            if isinstance(entry, dict) and isinstance(entry.get("Fingerprint"), str):
                known = found.get(entry["Fingerprint"], ())
                found[entry["Fingerprint"]] = (*known, str(entry.get("Value")))
    return KnownKeys(found)


def is_signed(text: str, signature: str, key: str) -> bool | None:
    """Say whether *signature* (hex) over *text* is by *key* (base64 of DER); None when that is no RSA key."""
    public = _load(key)
    if public is None:
        return None
    if not _HEX.fullmatch(signature):
        return False
    try:
        public.verify(bytes.fromhex(signature), text.encode("utf-8", "surrogatepass"), PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _load(key: str) -> RSAPublicKey | None:
    """Read a PKCS#1 RSAPublicKey or a SubjectPublicKeyInfo."""
    try:
        found: Any = load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, RSAPublicKey) else None
