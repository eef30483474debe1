"""What a trail logged over a window, as far as its captures tell: the least that any of them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from iamaudit.coverage.selectors import INFERRED, LOGGED, PARTIAL, RANK, CategoryCoverage, trail_coverage


@dataclass(frozen=True, slots=True)
class TrailHistory:
    """One trail: what it logs, since when that is known, and the day in the window on which it began to log."""

    account_id: str
    is_organization: bool
    entries: tuple[CategoryCoverage, ...]
    known_since: date | None
    began: date | None
    name: str


def trail_history(captures: Sequence[Mapping[str, Any]], window_start: date) -> TrailHistory:
    """Judge a trail by its rows of the `trails` table, *captures*, oldest first; the last one says what it is.

    The settings at the window's start are those of the last capture before it, if there is one. A capture that says
    less than the last one takes the last one's word back; captures that lie further back do not count. What was set
    between two captures, or before the first, no capture tells: `known_since` is the first that counts.
    """
    latest = captures[-1]
    within = [row for row in captures if _day(row["captured_at"]) is None or _day(row["captured_at"]) >= window_start]  # type: ignore[operator]  # a day, by the test before
    before = (
        captures[len(captures) - len(within) - 1 : len(captures) - len(within)] if len(within) < len(captures) else []
    )
    name = str(latest["name"] or latest["trail_arn"])
    found = {entry.category: entry for entry in _strongest(trail_coverage(latest))}
    for row in [*before, *within[:-1]]:
        if _is_bare(row):
            continue
        earlier = {entry.category: entry for entry in _strongest(trail_coverage(row))}
        for category, entry in found.items():
            found[category] = _least(entry, earlier.get(category), name)
    began = _day(latest["started_at"])
    if began is not None and began >= window_start:
        found = {category: _since(entry, began, name) for category, entry in found.items()}
    else:
        began = None
    first = next(iter([*before, *within]), latest)
    return TrailHistory(
        account_id=str(latest["account_id"]),
        is_organization=bool(latest["is_organization"]),
        entries=tuple(found.values()),
        known_since=_day(first["captured_at"]),
        began=began if found else None,
        name=name,
    )


def _strongest(entries: Sequence[CategoryCoverage]) -> list[CategoryCoverage]:
    """Return one entry per category: several selectors of a trail add up to the best of them."""
    best: dict[str, CategoryCoverage] = {}
    for entry in entries:
        known = best.get(entry.category)
        if known is None or RANK[entry.status] > RANK[known.status]:
            best[entry.category] = entry
        elif RANK[entry.status] == RANK[known.status]:
            best[entry.category] = replace(
                known,
                excluded_sources=known.excluded_sources & entry.excluded_sources,
                scopes=known.scopes | entry.scopes,
            )
    return list(best.values())


def _is_bare(row: Mapping[str, Any]) -> bool:
    """Whether a capture tells nothing that could contradict a later one: the selectors were not collected."""
    has_selectors = row["event_selectors"] is not None or row["advanced_event_selectors"] is not None
    return not has_selectors and row["is_logging"] is not False and row["is_multi_region"] is not False


def _least(entry: CategoryCoverage, earlier: CategoryCoverage | None, name: str) -> CategoryCoverage:
    """Return the less of what two captures say."""
    scopes = _in_both(entry, earlier)
    if earlier is None or RANK[earlier.status] < min(RANK[entry.status], RANK[INFERRED]):
        reason = f"trail {name} logged less of them at an earlier capture in the window"
        return replace(entry, status=min(entry.status, PARTIAL, key=RANK.__getitem__), reason=reason, scopes=scopes)
    return replace(entry, excluded_sources=entry.excluded_sources | earlier.excluded_sources, scopes=scopes)


def _in_both(entry: CategoryCoverage, earlier: CategoryCoverage | None) -> frozenset[str]:
    """Return the ARNs of which both captures say that all is logged; what is logged as a whole has none."""
    if earlier is None:
        return frozenset()
    if LOGGED in {entry.status, earlier.status}:
        return entry.scopes | earlier.scopes
    return entry.scopes & earlier.scopes


def _since(entry: CategoryCoverage, began: date, name: str) -> CategoryCoverage:
    """Weaken what a trail logs that began in the window: before, nobody's setting is known."""
    reason = f"trail {name} logs only since {began}"
    if entry.category.startswith("management:") and entry.status == LOGGED:
        return replace(entry, status=INFERRED, reason=f"{reason}; before, the logs hold such events")
    status = min(entry.status, PARTIAL, key=RANK.__getitem__)
    return replace(entry, status=status, reason=reason, scopes=frozenset())


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None
