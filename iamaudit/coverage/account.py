"""Which event categories the lake can speak for, account by account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from iamaudit.coverage.history import TrailHistory, trail_history
from iamaudit.coverage.selectors import ALL, INFERRED, NONE, CategoryCoverage, best_of, weakest

Row = dict[str, Any]


def trail_histories(captures: Iterable[Mapping[str, Any]], current: Iterable[str], since: date) -> list[TrailHistory]:
    """Return what each trail of *current* (ARNs) logged since *since*, from all its rows of the `trails` table."""
    known = set(current)
    by_arn: dict[str, list[Mapping[str, Any]]] = {}
    for row in captures:
        if row["trail_arn"] in known:
            by_arn.setdefault(row["trail_arn"], []).append(row)
    oldest_first = (sorted(rows, key=lambda row: row["captured_at"]) for _, rows in sorted(by_arn.items()))
    return [trail_history(rows, since) for rows in oldest_first]


def coverage_rows(
    accounts: Iterable[str],
    trails: Sequence[TrailHistory],
    organization_accounts: Iterable[str],
    seen: Mapping[str, frozenset[str]],
    data_types: Iterable[str],
    together: Iterable[str] = (),
) -> list[Row]:
    """Return one row per account and category: status, reason, excluded sources, regions, since when it is known.

    An organisation's trail speaks for every account of *organization_accounts* and for its own. *seen* has the
    categories (`management:read` …) that the lake holds events of, per account. An account without a known trail is
    judged by those alone: seeing management reads shows that they are logged; of data events nothing can be inferred,
    since selectors may choose some resources only (domain.md §1.3). *together* are categories that stand for several,
    such as `all:data:A+data:B`: a further row says how far all of them are logged.
    """
    members = set(organization_accounts)
    types = sorted(data_types)
    rows: list[Row] = []
    for account in sorted(set(accounts)):
        mine = _of_account(trails, account, members)
        inferred = best_of(_inferred(seen.get(account, frozenset())))
        best = best_of(entry for trail in mine for entry in trail.entries) if mine else inferred
        known_since = min((trail.known_since for trail in mine if trail.known_since), default=None)
        found: dict[str, CategoryCoverage] = {}
        for category in ("management:read", "management:write", *(f"data:{kind}" for kind in types)):
            entry = best.get(category) or _silent(category, has_trail=bool(mine))
            if entry.status == INFERRED and _began(mine) and category not in inferred:
                entry = CategoryCoverage(category, NONE, f"{entry.reason.partition(';')[0]}, and nothing before")
            found[category] = entry
        for category in sorted(together):
            found[category] = weakest(category, (found[part] for part in category.removeprefix(ALL).split("+")))
        rows += [_row(account, entry, known_since) for entry in found.values()]
    return rows


def _row(account: str, entry: CategoryCoverage, known_since: date | None) -> Row:
    return {
        "account_id": account,
        "category": entry.category,
        "status": entry.status,
        "reason": entry.reason,
        "excluded_sources": sorted(entry.excluded_sources),
        "regions": sorted(entry.regions),
        "scopes": sorted(entry.scopes),
        "known_since": known_since.isoformat() if known_since else None,
    }


def began_rows(
    accounts: Iterable[str], trails: Sequence[TrailHistory], organization_accounts: Iterable[str]
) -> list[Row]:
    """Return the days on which an account's only trails began to log: before that hour the day may lack events."""
    members = set(organization_accounts)
    rows: list[Row] = []
    for account in sorted(set(accounts)):
        mine = [trail for trail in _of_account(trails, account, members) if trail.entries]
        began = _began(mine)
        if began:
            day, name = min((trail.began, trail.name) for trail in mine if trail.began is not None)
            reason = f"trail {name} began to log on that day"
            rows.append({"account_id": account, "region": None, "dt": day.isoformat(), "reason": reason})
    return rows


def _of_account(trails: Iterable[TrailHistory], account: str, members: set[str]) -> list[TrailHistory]:
    return [
        trail
        for trail in trails
        if trail.account_id == account or (trail.is_organization and (account in members or not members))
    ]


def _began(trails: Sequence[TrailHistory]) -> bool:
    """Whether no trail that logs is known to have logged the whole window."""
    logging = [trail for trail in trails if trail.entries]
    return bool(logging) and all(trail.began is not None for trail in logging)


def _inferred(seen: frozenset[str]) -> list[CategoryCoverage]:
    reason = "no trail configuration was collected; the logs hold such events"
    accesses = [access for access in ("read", "write") if f"management:{access}" in seen]
    if "read" in accesses and "write" not in accesses:
        accesses.append("write")
    return [CategoryCoverage(f"management:{access}", INFERRED, reason) for access in accesses]


def _silent(category: str, *, has_trail: bool) -> CategoryCoverage:
    group, _, kind = category.partition(":")
    what = f"data events of {kind}" if group == "data" else f"management {kind} events"
    if has_trail:
        return CategoryCoverage(category, NONE, f"no trail logs {what}")
    return CategoryCoverage(
        category, NONE, f"nothing says that {what} are logged: no trail configuration was collected"
    )
