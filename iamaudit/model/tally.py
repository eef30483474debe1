"""The books: what came in is kept, ignored with a reason, or set aside with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from iamaudit.errors import BooksDoNotBalanceError


@dataclass(frozen=True, slots=True)
class Tally:
    """Record counts of one object or of many; refuses to exist when the sum is wrong."""

    records_in: int = 0
    kept: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounted = self.kept + sum(self.ignored.values()) + sum(self.set_aside.values())
        if accounted != self.records_in:
            raise BooksDoNotBalanceError(f"{self.records_in} records came in, {accounted} are accounted for")

    def as_json(self) -> dict[str, object]:
        """Return the shape of `ingest --json`'s `records`."""
        return {
            "in": self.records_in,
            "kept": self.kept,
            "ignored": dict(sorted(self.ignored.items())),
            "set_aside": dict(sorted(self.set_aside.items())),
        }


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up the books of many objects."""
    records_in = kept = 0
    ignored: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    for tally in tallies:
        records_in += tally.records_in
        kept += tally.kept
        ignored.update(tally.ignored)
        set_aside.update(tally.set_aside)
    return Tally(records_in, kept, dict(ignored), dict(set_aside))
