"""One digest in the light of the one that came after it: is it authentic, and is it where and what it should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iamaudit.integrity.digest import ALGORITHM, Digest, Previous
from iamaudit.integrity.names import DigestName
from iamaudit.integrity.public_keys import PublicKeys, is_signed
from iamaudit.integrity.reading import Reading
from iamaudit.integrity.verdict import INVALID, UNVERIFIED, VALID, Gap, ObjectVerdict

SIGNATURE = "signature"
SIGNATURE_ALGORITHM = "signature-algorithm"
BACKFILLED_AT = "backfill-generation-timestamp"
AFTER_SAYS = "the digest after it says"
WRONG_SIGNATURE = "its signature is wrong"
_KEYS_FROM = {False: timedelta(0), True: timedelta(hours=1)}  # domain.md §1.8: of a backfill, an hour around its making
_KEYS_UNTIL = {False: timedelta(hours=2), True: timedelta(hours=1)}


@dataclass(slots=True)
class Judged:
    """A digest and what was found out so far; the digest before it may still speak against it."""

    key: str
    name: DigestName
    digest: Digest | None
    is_authentic: bool = False  # CloudTrail signed these bytes, wherever they lie
    signature_is_own: bool = True  # and not the one that the digest after it repeats
    is_unread: bool = False  # the source did not give it, or its metadata
    is_named: bool = True  # by the digest after it, or there is none after it
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def verdict(self) -> ObjectVerdict:
        """Return the verdict as it stands."""
        chain = self.name.chain
        if self.problems:
            word = INVALID
        elif self.doubts or not self.is_authentic or not self.is_named:
            word = UNVERIFIED
        else:
            word = VALID
        reasons = [*dict.fromkeys([*self.problems, *self.doubts])]
        if not self.is_named and word == UNVERIFIED:
            reasons.append("it is signed, but the digest after it names another one")
        return ObjectVerdict(
            self.key,
            "digest",
            word,
            "; ".join(reasons),
            account_id=chain.account_id,
            region=chain.region,
            trail=chain.trail,
            window_start=self.name.ends_at - timedelta(hours=1) if self.digest is None else self.digest.starts_at,
            window_end=self.name.ends_at if self.digest is None else self.digest.ends_at,
            gaps=tuple(self.gaps),
            is_unread=self.is_unread,
            logs=None if self.digest is None else len(self.digest.logs),
        )


def judge(
    key: str, name: DigestName, reading: Reading, keys: PublicKeys, *, is_in_place: bool, link: Previous | None
) -> Judged:
    """Judge one digest; *link* is what the digest after it says of it, when that is known."""
    judged = Judged(key, name, reading.digest, problems=list(reading.problems), doubts=list(reading.doubts))
    judged.is_unread = bool(reading.doubts)
    digest = reading.digest
    if digest is None:
        return judged
    if not is_in_place:
        judged.problems.append(f"moved: it was written to `{digest.bucket}/{digest.key}`")
    if digest.ends_at < digest.starts_at:
        judged.problems.append("invalid format: its window ends before it starts")
    signature = _signature(judged, reading, link)
    if signature is not None:
        _check_signature(judged, digest, signature, keys, reading)
    if link is not None and link.sha256 != digest.sha256:
        judged.problems.append(f"its content is not what {AFTER_SAYS}")
    return judged


def _signature(judged: Judged, reading: Reading, link: Previous | None) -> str | None:
    """Return the signature: the object's own, or in a copy without metadata the one that the next digest repeats."""
    if reading.metadata is None:
        if link is None:
            judged.doubts.append("its metadata is not known, so its signature cannot be checked")
            return None
        judged.signature_is_own = False
        return link.signature
    own = reading.metadata.get(SIGNATURE)
    algorithm = reading.metadata.get(SIGNATURE_ALGORITHM)
    if own is None or algorithm is None:
        judged.problems.append(f"its metadata holds no `{SIGNATURE if own is None else SIGNATURE_ALGORITHM}`")
        return own
    if algorithm != ALGORITHM:
        judged.problems.append(f"it is signed with `{algorithm}`, which CloudTrail does not use")
    if judged.name.chain.is_backfill and _backfilled_at(reading) is None:
        judged.problems.append(f"its metadata holds no `{BACKFILLED_AT}` that is a time")
    if link is not None and link.signature != own:
        judged.problems.append(f"its signature is not what {AFTER_SAYS}")
    return own


def _check_signature(judged: Judged, digest: Digest, signature: str, keys: PublicKeys, reading: Reading) -> None:
    if digest.algorithm != ALGORITHM:
        judged.problems.append(f"it names the signature algorithm `{digest.algorithm}`, which CloudTrail does not use")
        return
    backfilled_at = _backfilled_at(reading)
    is_late = backfilled_at is not None
    known = keys.find(
        judged.name.chain.region,
        digest.fingerprint,
        start=(backfilled_at or digest.starts_at) - _KEYS_FROM[is_late],
        end=(backfilled_at or digest.ends_at) + _KEYS_UNTIL[is_late],
    )
    if not known:
        judged.problems.append(f"public key `{digest.fingerprint}` not found")
        return
    answers = {is_signed(digest.string_to_sign(), signature, key) for key in known}
    judged.is_authentic = True in answers
    if answers == {None}:
        judged.problems.append(f"public key `{digest.fingerprint}` is no RSA key that can be read")
    elif not judged.is_authentic:
        judged.problems.append(WRONG_SIGNATURE)


def _backfilled_at(reading: Reading) -> datetime | None:
    text = (reading.metadata or {}).get(BACKFILLED_AT)
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None else found
