"""Which event categories the lake can speak for, account by account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamaudit.coverage.selectors import INFERRED, NONE, CategoryCoverage, best_of, trail_coverage

Row = dict[str, Any]


def coverage_rows(
    accounts: Iterable[str],
    trails: Iterable[Mapping[str, Any]],
    organization_accounts: Iterable[str],
    seen: Mapping[str, frozenset[str]],
    data_types: Iterable[str],
) -> list[Row]:
    """Return one row per account and category: status, reason, excluded sources.

    *trails* are rows of the `trails` table; an organisation trail speaks for every account of *organization_accounts*
    and for its own. *seen* has the categories (`management:read` …) that the lake holds events of, per account. An
    account without a known trail is judged by those alone: seeing management reads shows that they are logged; of data
    events nothing can be inferred, since selectors may choose some resources only (domain.md §1.3).
    """
    members = set(organization_accounts)
    known = [(trail, trail_coverage(trail)) for trail in trails]
    rows: list[Row] = []
    for account in sorted(set(accounts)):
        mine = [
            entry
            for trail, entries in known
            if trail["account_id"] == account or (trail["is_organization"] and (account in members or not members))
            for entry in entries
        ]
        has_trail = any(
            trail["account_id"] == account or (trail["is_organization"] and (account in members or not members))
            for trail, _ in known
        )
        best = best_of(mine if has_trail else _inferred(seen.get(account, frozenset())))
        for category in ("management:read", "management:write", *(f"data:{kind}" for kind in sorted(data_types))):
            entry = best.get(category) or _silent(category, has_trail=has_trail)
            rows.append(
                {
                    "account_id": account,
                    "category": category,
                    "status": entry.status,
                    "reason": entry.reason,
                    "excluded_sources": sorted(entry.excluded_sources),
                }
            )
    return rows


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
