"""What is found in a log object: records, what should have been records, and what is none by design."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CLOUDTRAIL = "cloudtrail"


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece that should have been a record and is not."""

    reason: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ignored:
    """A line or message that is no record by design; the reason goes into the books."""

    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Pieces:
    """All of one object: its kind, a CloudTrail-shaped record as JSON text or what is broken, and what is ignored."""

    kind: str
    pieces: list[bytes | Broken]
    ignored: Mapping[str, int]

    @property
    def records_in(self) -> int:
        """How many records came in, as the books count them."""
        return len(self.pieces) + sum(self.ignored.values())


# one thing found: the kind of log it belongs to, and itself
Found = tuple[str, bytes | Broken | Ignored]


def gathered(found: Iterable[Found]) -> Pieces:
    """Return everything found as one object's pieces; its kind is the one that most records have."""
    pieces: list[bytes | Broken] = []
    ignored: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    lesser: Counter[str] = Counter()
    for kind, piece in found:
        if isinstance(piece, Ignored):
            ignored[piece.reason] += piece.count
            lesser[kind] += 1
            continue
        pieces.append(piece)
        (lesser if isinstance(piece, Broken) else kinds)[kind] += 1
    most = (kinds or lesser).most_common(1)
    return Pieces(most[0][0] if most else CLOUDTRAIL, pieces, dict(ignored))
