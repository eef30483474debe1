"""The lines of evidence for what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from iamaudit.recommend.evidence import ObservedUse


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of evidence: what is kept, and why. `use` is None for what was not seen."""

    action: str
    resource: str
    origin: str  # used | periodic | protected | fresh | unknown
    reason: str
    use: ObservedUse | None = None
