"""Who else acted under the name of a principal of today: deleted and made anew, it is another one for AWS, and for us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from iamaudit.engine.duck import Engine

Row = Mapping[str, Any]
OF_THIS_NAME: Final = " of this name (id"  # what every note of a namesake holds
_SHOWN: Final = 3


def namesakes(engine: Engine) -> Mapping[str, tuple[str, ...]]:
    """Return by ARN, in words, whose calls in the window are not counted as the principal's although they bear its name."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in engine.table("namesakes").to_pylist():
        found[row["principal"]].append(row)
    return {arn: tuple(_notes(rows)) for arn, rows in found.items()}


def _notes(rows: Sequence[Row]) -> list[str]:
    """Return one note for those of before, and one for those of whom it is not known that they came before.

    The latter may be the principal of today: then it is the state that is old.
    """
    before = [row for row in rows if row["is_earlier"]]
    unsure = [row for row in rows if not row["is_earlier"]]
    notes = [in_words(before, "an earlier principal", "earlier principals")] if before else []
    if unsure:
        told = in_words(unsure, "another principal", "other principals")
        notes.append(f"{told}; where it was made anew since the state was collected, collect again")
    return notes


def in_words(rows: Sequence[Row], one: str, several: str) -> str:
    """Return one sentence of rows of `namesakes`: how many calls, whose, and when the last was."""
    calls = sum(row["calls"] for row in rows)
    latest = sorted(rows, key=lambda row: (row["last_seen"], row["other_id"]), reverse=True)
    ids = ", ".join(row["other_id"] for row in latest[:_SHOWN])
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    who = f"{one}{OF_THIS_NAME} {ids})" if len(rows) == 1 else f"{several}{OF_THIS_NAME}s {ids}{more})"
    verb = "call" if calls == 1 else "calls"
    is_or_are = "is" if calls == 1 else "are"
    return f"{calls:,} {verb} by {who} {is_or_are} not counted; last on {latest[0]['last_seen'].date()}"
