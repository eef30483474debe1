"""Which days of which regions the lake cannot speak for, since something of them could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from iamaudit.coverage.places import Place, place_of

DELIVERY = timedelta(hours=1)  # objects come within minutes; one hour also covers a slow delivery

RegionDay = tuple[str, str, str]  # account id, region, day


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


def spoiled_days(ledger: Iterable[Entry]) -> frozenset[RegionDay]:
    """Return (account id, region, day) of which an object or a record was set aside.

    What could not be read may have shown a use, so on such a day the region is without logs. An object that was read
    whole later, under the same key, spoils nothing; one whose name does not tell account and day cannot be placed.
    """
    whole: set[str] = set()
    broken: set[str] = set()
    for entry in ledger:
        (broken if entry.status == "set_aside" or entry.set_aside else whole).add(entry.key)
    places = (place_of(key) for key in broken - whole)
    return frozenset(day for place in places if place is not None for day in days_of(place))


def days_of(place: Place) -> set[RegionDay]:
    """Return the days whose events an object may hold: that of its delivery and, just after midnight, the one before."""
    moments = (place.delivered_at, place.delivered_at - DELIVERY)
    return {(place.account_id, place.region, moment.strftime("%Y-%m-%d")) for moment in moments}
