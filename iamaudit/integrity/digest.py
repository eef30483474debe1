"""A digest's content: whose hour it is, which logs were delivered in it, and which digest came before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from iamaudit.errors import UnreadableObjectError

ALGORITHM = "SHA256withRSA"
HASH = "SHA-256"


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log object as a digest names it."""

    bucket: str
    key: str
    sha256: str
    hash_algorithm: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The digest before, as the next one names it."""

    bucket: str
    key: str
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest. The window [starts_at, ends_at) is of times of delivery."""

    bucket: str
    key: str
    starts_at: datetime
    ends_at: datetime
    ends_at_text: str  # exactly as written: it is signed
    fingerprint: str
    algorithm: str
    previous: Previous | None
    logs: tuple[LogFile, ...]
    sha256: str  # of the unzipped bytes

    def string_to_sign(self) -> str:
        """Return the text that CloudTrail signed."""
        before = "null" if self.previous is None else self.previous.signature
        return f"{self.ends_at_text}\n{self.bucket}/{self.key}\n{self.sha256}\n{before}"


class _LogFile(msgspec.Struct, rename="camel"):
    s3_bucket: str = msgspec.field(name="s3Bucket")
    s3_object: str = msgspec.field(name="s3Object")
    hash_value: str
    hash_algorithm: str


class _Digest(msgspec.Struct, rename="camel"):
    digest_start_time: str
    digest_end_time: str
    digest_bucket: str = msgspec.field(name="digestS3Bucket")
    digest_object: str = msgspec.field(name="digestS3Object")
    digest_public_key_fingerprint: str
    digest_signature_algorithm: str
    previous_bucket: str | None = msgspec.field(name="previousDigestS3Bucket")
    previous_object: str | None = msgspec.field(name="previousDigestS3Object")
    previous_digest_hash_value: str | None
    previous_digest_signature: str | None
    log_files: list[_LogFile]
    previous_digest_hash_algorithm: str | None = None


_decoder = msgspec.json.Decoder(_Digest)


def parse_digest(data: bytes) -> Digest:
    """Read the unzipped bytes of a digest; raise `UnreadableObjectError` when they are not one."""
    try:
        found = _decoder.decode(data)
        starts_at, ends_at = _instant(found.digest_start_time), _instant(found.digest_end_time)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise UnreadableObjectError(f"invalid format: {error}") from error
    return Digest(
        bucket=found.digest_bucket,
        key=found.digest_object,
        starts_at=starts_at,
        ends_at=ends_at,
        ends_at_text=found.digest_end_time,
        fingerprint=found.digest_public_key_fingerprint,
        algorithm=found.digest_signature_algorithm,
        previous=_previous(found),
        logs=tuple(LogFile(e.s3_bucket, e.s3_object, e.hash_value, e.hash_algorithm) for e in found.log_files),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _previous(found: _Digest) -> Previous | None:
    before = (
        found.previous_bucket,
        found.previous_object,
        found.previous_digest_hash_value,
        found.previous_digest_signature,
    )
    if before == (None, None, None, None):
        return None
    bucket, key, sha256, signature = before
    if bucket is None or key is None or sha256 is None or signature is None:
        raise UnreadableObjectError("invalid format: it names the digest before it only in part")
    if found.previous_digest_hash_algorithm not in {HASH, None}:
        raise UnreadableObjectError(
            f"invalid format: `{found.previous_digest_hash_algorithm}` is not a hash that CloudTrail uses"
        )
    return Previous(bucket, key, sha256, signature)


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
