"""What is said of one object: valid, invalid, missing, unverified, or valid with a gap before or behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

VALID: Final = "valid"
INVALID: Final = "invalid"
MISSING: Final = "missing"
UNVERIFIED: Final = "unverified"
GAP: Final = "gap"
VERDICTS: Final = (VALID, INVALID, MISSING, UNVERIFIED, GAP)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which no digest speaks."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ObjectVerdict:
    """One object: its name, what it is, what is said of it and why; and the time of delivery that this speaks of."""

    object: str
    kind: str  # digest | log
    verdict: str
    reason: str
    account_id: str = ""
    region: str = ""
    trail: str = ""
    window_start: datetime | None = None
    window_end: datetime | None = None
    gaps: tuple[Gap, ...] = ()
    is_suspicious: bool = False  # unverified, although a digest of its hour is there
    is_listed: bool = True  # the source has it
    is_unread: bool = False  # it is listed and could not be had: the next run may tell
    logs: int | None = None  # how many log objects a digest lists

    @property
    def told(self) -> str:
        """The verdict in one word: an authentic digest beside a gap is a `gap`."""
        return GAP if self.gaps and self.verdict == VALID else self.verdict

    def as_json(self) -> dict[str, str]:
        """Return the line of `verify --json` (design.md §4)."""
        reason = "; ".join(filter(None, [self.reason, *(gap.reason for gap in self.gaps)]))
        return {"object": self.object, "kind": self.kind, "verdict": self.told, "reason": reason}
