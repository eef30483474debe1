"""How records come to lie in the bucket: minutes late, some days late, in AWS's layout, some of them twice (domain.md §1.6, §1.7)."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from iamaudit.world.accounts import ORGANISATION_ID
from iamaudit.world.digests import Digests
from iamaudit.world.ids import ALNUM

HOURS_PER_OBJECT: Final = 12
SECOND_PREFIX: Final = "second-copy"
_LATE_SHARE: Final = 0.0006
_TO_JSON: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(slots=True)
class Delivery:
    """Collects records and writes them as log objects; `copied` are the (account, delivery day) that a second trail copies."""

    directory: Path
    seed: int
    last_moment: datetime
    copied: frozenset[tuple[str, date]] = frozenset()
    digests: Digests | None = None  # of the first trail; the second has no validation
    objects: int = 0
    records: int = 0  # different records, copies not counted
    late: int = 0
    _waiting: dict[tuple[date, int, str, str], list[tuple[datetime, str, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, account: str, region: str, moment: datetime, record: dict[str, Any], rng: Random) -> None:
        """Take one record; it is delivered two to nine minutes later, very few days later."""
        arrives = moment + timedelta(seconds=rng.randrange(120, 540))
        if rng.random() < _LATE_SHARE and arrives + timedelta(days=3) < self.last_moment:
            arrives += timedelta(hours=rng.randrange(20, 70))
            record["addendum"] = {"reason": "DELIVERY_DELAY"}
            self.late += 1
        text = _TO_JSON(record)
        self._waiting[arrives.date(), arrives.hour // HOURS_PER_OBJECT, account, region].append((arrives, text, moment))

    def flush(self, before: date) -> None:
        """Write every object whose day of delivery lies before *before*, and close the day before that."""
        for bucket in sorted(key for key in self._waiting if key[0] < before):
            self._write(bucket, self._waiting.pop(bucket))
        if self.digests is not None:
            self.digests.close(before - timedelta(days=1))

    def finish(self) -> None:
        """Write what is left: it was delivered after the last day, and no digest speaks of it yet."""
        for bucket in sorted(self._waiting):
            self._write(bucket, self._waiting.pop(bucket))

    def _write(self, bucket: tuple[date, int, str, str], arrived: list[tuple[datetime, str, datetime]]) -> None:
        day, part, account, region = bucket
        arrived.sort(key=lambda item: item[0])
        stamp = f"{arrived[-1][0]:%Y%m%dT%H%MZ}"
        content = f'{{"Records":[{",".join(record for _, record, _ in arrived)}]}}'.encode()
        payload = _packed(content)
        rng = Random(f"{self.seed}/{day}/{part}/{account}/{region}/object")
        homes = [f"AWSLogs/{ORGANISATION_ID}/{account}"]
        if (account, day) in self.copied:
            homes.append(f"{SECOND_PREFIX}/AWSLogs/{account}")
        for home in homes:
            suffix = "".join(rng.choice(ALNUM) for _ in range(16))
            key = f"{home}/CloudTrail/{region}/{day:%Y/%m/%d}/{account}_CloudTrail_{region}_{stamp}_{suffix}.json.gz"
            place = self.directory / key
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(payload)
            self.objects += 1
            if self.digests is not None and home is homes[0]:
                happened = [moment for _, _, moment in arrived]
                sha256 = hashlib.sha256(content).hexdigest()
                self.digests.add(account, region, key, sha256, min(happened), max(happened))
        self.records += len(arrived)


def _packed(content: bytes) -> bytes:
    """Return a log object's bytes; the gzip header holds no time, so that the same records give the same bytes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()
