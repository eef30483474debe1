"""What the name of a CloudTrail object tells: whose it is, from which region, and when it was delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

# `<account>_CloudTrail_<region>_<YYYYMMDDTHHmmZ>_<16 alnum>.json.gz` (domain.md §1.7): logs of management and data
# events. Digests, insights and network activity have other words in place of `CloudTrail`.
_NAME = re.compile(r"(?:^|/)(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4})Z_[^/]*$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log object belongs."""

    account_id: str
    region: str
    delivered_at: datetime


def place_of(key: str) -> Place | None:
    """Return the place that *key* names; None when it is not a log object's name."""
    found = _NAME.search(key)
    if found is None:
        return None
    try:
        return Place(found[1], found[2], datetime.strptime(found[3], "%Y%m%dT%H%M").replace(tzinfo=UTC))
    except ValueError:
        return None
