"""Which days of which accounts the lake cannot speak for, since something of them was set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

# `AWSLogs/[o-id/]<account>/CloudTrail/<region>/YYYY/MM/DD/<account>_CloudTrail_<region>_<YYYYMMDDTHHmmZ>_…`
# (domain.md §1.7): the time in the name is when the object was delivered.
_NAME = re.compile(r"(?:^|/)(\d{12})_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4})Z_[^/]*$")
DELIVERY = timedelta(hours=1)  # objects come within minutes; one hour also covers a slow delivery


class Entry(Protocol):
    """What is read of a line of the ledger."""

    @property
    def key(self) -> str:
        """The object's name."""
        ...

    @property
    def status(self) -> str:
        """Its fate."""
        ...

    @property
    def set_aside(self) -> object:
        """Its records that could not be read, by reason."""
        ...


def spoiled_days(ledger: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """Return (account id, day) pairs for which an object or a record was set aside.

    What could not be read may have shown a use, so such a day is a day without logs. An object that was read whole
    later, under the same key, spoils nothing; one whose name does not tell account and day cannot be placed.
    """
    whole: set[str] = set()
    broken: set[str] = set()
    for entry in ledger:
        (broken if entry.status == "set_aside" or entry.set_aside else whole).add(entry.key)
    return frozenset(pair for key in broken - whole for pair in _account_days(key))


def _account_days(key: str) -> set[tuple[str, str]]:
    found = _NAME.search(key)
    if found is None:
        return set()
    try:
        delivered = datetime.strptime(found[2], "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return set()
    return {(found[1], moment.strftime("%Y-%m-%d")) for moment in (delivered, delivered - DELIVERY)}
