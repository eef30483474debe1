"""What the name of a digest or a log object tells: whose it is, of which trail, and when it was delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_REGION = r"[a-z]{2,}(?:-[a-z]+)+-\d+"
_DIGEST = re.compile(
    rf"(?P<account>\d{{12}})_CloudTrail-Digest_(?P<region>{_REGION})_(?P<trail>.+)_(?P<home>{_REGION})"
    r"_(?P<end>\d{8}T\d{6}Z)(?P<backfill>_backfill)?\.json\.gz"
)
_PLACE = re.compile(
    r"(?:^|/)AWSLogs/(?:(?P<organization>o-[a-z0-9]+)/)?(?P<account>\d{12})/(?P<what>CloudTrail(?:-[A-Za-z]+)?)/(?P<region>[^/]+)/"
)
_LOG = re.compile(
    r"(?:^|/)(?P<account>\d{12})_(?P<what>CloudTrail(?:-[A-Za-z]+)?)_(?P<region>[^_/]+)_(?P<at>\d{8}T\d{4}Z)_[^/]*$"
)
DIGESTS = "CloudTrail-Digest"


@dataclass(frozen=True, slots=True, order=True)
class Chain:
    """One chain of digests: those of one account, source region and trail. Backfilled digests are a chain of their own."""

    account_id: str
    region: str
    trail: str
    home_region: str
    organization: str = ""
    is_backfill: bool = False


@dataclass(frozen=True, slots=True)
class DigestName:
    """The chain that a digest's name puts it in, and the end of its window."""

    chain: Chain
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class LogName:
    """Whose log an object is, and when it was delivered; None when its name does not tell."""

    account_id: str
    region: str
    delivered_at: datetime | None


def digest_name(key: str) -> DigestName | None:
    """Read a digest's name; None when it is not one."""
    found = _DIGEST.fullmatch(key.rpartition("/")[2])
    ends_at = None if found is None else _instant(found["end"], "%Y%m%dT%H%M%SZ")
    if found is None or ends_at is None:
        return None
    place = _place(key)
    organization = "" if place is None else place["organization"] or ""
    chain = Chain(
        found["account"], found["region"], found["trail"], found["home"], organization, found["backfill"] is not None
    )
    return DigestName(chain, ends_at)


def is_digest_place(key: str) -> bool:
    """Say whether a key lies where digests lie."""
    place = _place(key)
    return place is not None and place["what"] == DIGESTS


def log_name(key: str) -> LogName | None:
    """Read a log object's place or name; None for what is no CloudTrail log."""
    place, name = _place(key), _LOG.search(key)
    found = place or name
    if found is None or found["what"] == DIGESTS:
        return None
    return LogName(found["account"], found["region"], None if name is None else _instant(name["at"], "%Y%m%dT%H%MZ"))


def _place(key: str) -> re.Match[str] | None:
    """Match the place from the last `AWSLogs/` on: a prefix may hold that word too."""
    start = key.rfind("AWSLogs/")
    return None if start < 0 else _PLACE.match(key[start:])


def _instant(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
