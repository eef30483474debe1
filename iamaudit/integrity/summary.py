"""What a verification came to, piece by piece: counts, what is bad, and which rows tell the lake of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from iamaudit.integrity.verdict import GAP, INVALID, MISSING, UNVERIFIED, VERDICTS, ObjectVerdict

SHOWN = 1000  # of the unverified, of which there may be millions


@dataclass(slots=True)
class Summary:
    """Takes verdicts; keeps all that are bad, and of the others the counts."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (kind, verdict) -> objects
    bad: list[ObjectVerdict] = field(default_factory=list)  # invalid, missing and gap
    unverified: list[ObjectVerdict] = field(default_factory=list)  # the first of them
    reasons: Counter[str] = field(default_factory=Counter)  # why objects are unverified
    unread: int = 0

    def take(self, verdict: ObjectVerdict) -> None:
        """Count one verdict."""
        told = verdict.told
        self.counts[verdict.kind, told] += 1
        self.unread += verdict.is_unread
        if told in {INVALID, MISSING, GAP}:
            self.bad.append(verdict)
        elif told == UNVERIFIED:
            self.reasons[verdict.reason] += 1
            if len(self.unverified) < SHOWN:
                self.unverified.append(verdict)

    def count(self, verdict: str) -> int:
        """Return how many objects have that verdict."""
        return sum(number for (_, word), number in self.counts.items() if word == verdict)

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return the counts of digests and logs by verdict."""
        return {kind: {word: self.counts[kind, word] for word in VERDICTS} for kind in ("digest", "log")}


def rows_of(verdict: ObjectVerdict, troubled: frozenset[str]) -> list[dict[str, Any]]:
    """Return the rows of the state kind `log_integrity` for one verdict.

    A log that is as its digest says has no row, unless an earlier check said otherwise (*troubled*); nor has a log that
    no digest names for a reason that its chain tells already. A gap is a row of its own, with the gap as its window.
    """
    is_told = verdict.kind == "digest" or verdict.verdict in {INVALID, MISSING}
    if not is_told and not verdict.is_suspicious and verdict.object not in troubled:
        return []
    where = {
        "account_id": verdict.account_id,
        "region": verdict.region,
        "trail": verdict.trail,
        "object": verdict.object,
        "kind": verdict.kind,
    }
    own = {
        **where,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "window_start": verdict.window_start,
        "window_end": verdict.window_end,
        "logs": verdict.logs,
    }
    gaps = [
        {**where, "verdict": GAP, "reason": gap.reason, "window_start": gap.start, "window_end": gap.end}
        for gap in verdict.gaps
    ]
    return [own, *gaps]
