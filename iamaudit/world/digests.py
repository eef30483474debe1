"""The organisation trail's digests: a signed chain for each account and region, with S3's metadata in side-cars.

CloudTrail writes one an hour; here it is one a day, so that an example is made quickly (domain.md §1.8).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from iamaudit.world.accounts import HOME_REGION, ORGANISATION_ID, ORGANISATION_TRAIL, TRAIL_BUCKET
from iamaudit.world.moments import iso, stamp
from iamaudit.world.rsa_key import SigningKey

Json = dict[str, Any]
PUBLIC_KEYS: Final = "public-keys.json"
_ALGORITHM: Final = "SHA256withRSA"
_TO_JSON: Final = json.JSONEncoder(separators=(",", ":")).encode
_NOTHING_BEFORE: Final[Json] = {
    "previousDigestS3Bucket": None,
    "previousDigestS3Object": None,
    "previousDigestHashValue": None,
    "previousDigestHashAlgorithm": None,
    "previousDigestSignature": None,
}


@dataclass(slots=True)
class Digests:
    """Takes note of log objects and closes days; *silent* are the (account, day) on which the trail did not log."""

    directory: Path
    key: SigningKey
    silent: frozenset[tuple[str, date]] = frozenset()
    written: int = 0
    _delivered: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    _before: dict[tuple[str, str], Json] = field(default_factory=dict)

    def add(self, account: str, region: str, key: str, sha256: str, oldest: datetime, newest: datetime) -> None:
        """Take note of a log object of the day that is not closed yet."""
        self._delivered.setdefault((account, region), []).append(
            {
                "s3Bucket": TRAIL_BUCKET,
                "s3Object": key,
                "hashValue": sha256,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": stamp(newest),
                "oldestEventTime": stamp(oldest),
            }
        )

    def close(self, day: date) -> None:
        """Write the digests of *day*: for each account and region that ever had a log, also when it had none then."""
        awake = {account for account, _ in self._delivered}
        for place in sorted({*self._before, *self._delivered}):
            account, region = place
            if (account, day) in self.silent and account not in awake:
                self._before[place] = _NOTHING_BEFORE  # the chain begins anew
            else:
                self._write(account, region, day, self._delivered.get(place, []))
        self._delivered.clear()

    def finish(self, start: datetime, end: datetime) -> None:
        """Write what `aws cloudtrail list-public-keys` would print."""
        keys = {
            "PublicKeyList": [
                {
                    "Value": self.key.value,
                    "ValidityStartTime": iso(start),
                    "ValidityEndTime": iso(end),
                    "Fingerprint": self.key.fingerprint,
                }
            ]
        }
        (self.directory / PUBLIC_KEYS).write_text(json.dumps(keys, indent=1) + "\n", encoding="utf-8")

    def _write(self, account: str, region: str, day: date, logs: list[Json]) -> None:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = start + timedelta(days=1)
        name = f"{account}_CloudTrail-Digest_{region}_{ORGANISATION_TRAIL}_{HOME_REGION}_{end:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"AWSLogs/{ORGANISATION_ID}/{account}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{name}"
        before = self._before.get((account, region), _NOTHING_BEFORE)
        content = _TO_JSON(
            {
                "awsAccountId": account,
                "digestStartTime": stamp(start),
                "digestEndTime": stamp(end),
                "digestS3Bucket": TRAIL_BUCKET,
                "digestS3Object": key,
                "digestPublicKeyFingerprint": self.key.fingerprint,
                "digestSignatureAlgorithm": _ALGORITHM,
                "newestEventTime": max((log["newestEventTime"] for log in logs), default=None),
                "oldestEventTime": min((log["oldestEventTime"] for log in logs), default=None),
                **before,
                "logFiles": logs,
            }
        ).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        text = f"{stamp(end)}\n{TRAIL_BUCKET}/{key}\n{sha256}\n{before['previousDigestSignature'] or 'null'}"
        signature = self.key.sign(text)
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        place = self.directory / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(packer.compress(content) + packer.flush())
        side_car = {"Metadata": {"signature": signature, "signature-algorithm": _ALGORITHM}}
        place.with_name(f"{name}.metadata.json").write_text(_TO_JSON(side_car) + "\n", encoding="utf-8")
        self._before[account, region] = {
            "previousDigestS3Bucket": TRAIL_BUCKET,
            "previousDigestS3Object": key,
            "previousDigestHashValue": sha256,
            "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": signature,
        }
        self.written += 1
