"""What may be wrong with a lake: what, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

BROKEN = "broken"  # a promise does not hold: an answer may be wrong until it is mended
NOTE = "note"  # no answer depends on it


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that `lake check` found."""

    severity: str
    what: str
    where: str  # the key of a file in the lake
    remedy: str

    def as_json(self) -> dict[str, str]:
        """Return the line of `lake check --json`."""
        return {"severity": self.severity, "what": self.what, "where": self.where, "remedy": self.remedy}
