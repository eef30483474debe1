"""What was collected at one instant: a table per kind of state, counts per account, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from iamaudit.errors import ConfigError
from iamaudit.lake.schema import table_of
from iamaudit.model.tables import STATE

COUNTED: Final = ("users", "groups", "roles", "policies", "credentials")
# Settings that the management account has for others: they do not say that its IAM was read.
_OF_NO_ACCOUNT: Final = frozenset({"organization", "identity_center"})
# What tells two rows of a table apart; tables that are not here are sets of whole rows.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "principals": ("arn",),
    "policies": ("account_id", "policy_id"),
    "credentials": ("account_id", "user_arn", "kind"),
    "settings": ("account_id", "name"),
    "accounts": ("organization_id", "account_id"),
    "organization_policies": ("organization_id", "policy_id", "target_id"),
    "service_last_accessed": ("principal_arn", "service"),
    "instance_profiles": ("arn",),
    "policy_tags": ("policy_id",),
    "permission_sets": ("permission_set_arn",),
}


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """Something that could not be read: findings which need it say unknown. `why` ends with what to do."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Capture:
    """The state of IAM at `captured_at`, in UTC.

    `tables` has every kind of `STATE`, possibly empty, with the columns of `STATE_SCHEMAS`. `accounts` counts users,
    groups, roles, policies and existing credentials of each account whose state was read.
    """

    captured_at: datetime
    tables: dict[str, pa.Table]
    accounts: dict[str, dict[str, int]]
    missing: tuple[Missing, ...]

    def as_json(self) -> dict[str, object]:
        """Return the shape of `collect --json` (design.md §4)."""
        return {
            "captured_at": self.captured_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "accounts": self.accounts,
            "missing": [{"what": entry.what, "why": entry.why} for entry in self.missing],
        }


@dataclass(slots=True)
class CaptureBuilder:
    """Rows and gaps as they are found; `build` makes the capture, sorted, so that equal input gives an equal one."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in STATE})
    missing: list[Missing] = field(default_factory=list)

    def add(self, table: str, /, **row: Any) -> None:
        """Add one row of a kind of state; a column that is not named is null."""
        self.rows[table].append(row)

    def miss(self, what: str, why: str) -> None:
        """Say that something could not be read."""
        self.missing.append(Missing(what, why))

    def miss_unless_said(self, what: str, why: str) -> None:
        """Say that something is not there, unless a refused call has said so with the better reason."""
        if all(entry.what != what for entry in self.missing):
            self.miss(what, why)

    def build(self, captured_at: datetime) -> Capture:
        """Return the capture. Raises ConfigError when *captured_at* has no time zone.

        Where two answers tell different things about one key, the first is kept and the contradiction is a gap.
        """
        rows = {table: self._without_contradictions(table) for table in self.rows}
        return capture_of(rows, captured_at=captured_at, missing=tuple(self.missing))

    def _without_contradictions(self, table: str) -> list[dict[str, Any]]:
        if table not in KEYS:
            return self.rows[table]
        kept: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.rows[table]:
            key = tuple(row.get(column) for column in KEYS[table])
            if kept.setdefault(key, row) != row:
                self.miss(
                    f"{table.replace('_', ' ')}: {', '.join(f'`{part}`' for part in key)}",
                    "two answers tell different things about it and the first, by file name, was kept: "
                    "leave one export of each kind and account in the folder",
                )
        return list(kept.values())


def capture_of(
    rows: Mapping[str, list[dict[str, Any]]], *, captured_at: datetime, missing: tuple[Missing, ...] = ()
) -> Capture:
    """Build a capture from rows by table kind; kinds without rows become empty tables, equal rows become one.

    Raises ConfigError when *captured_at* has no time zone, KeyError for a kind or a column that is not in `STATE`.
    """
    if captured_at.tzinfo is None:
        raise ConfigError(f"the capture time `{captured_at.isoformat()}` has no time zone: add `Z` for UTC")
    if unknown := rows.keys() - STATE.keys():
        raise KeyError(f"kinds {sorted(unknown)} are not state tables")
    at = captured_at.astimezone(UTC)
    tables = {kind: _table(kind, rows.get(kind, []), at) for kind in STATE}
    return Capture(at, tables, _counts(tables), tuple(sorted(set(missing))))


def _table(kind: str, rows: list[dict[str, Any]], captured_at: datetime) -> pa.Table:
    columns = STATE[kind]
    unique = {tuple(str(row.get(name)) for name, _ in columns): row for row in rows}
    ordered = [{"captured_at": captured_at, **unique[key]} for key in sorted(unique)]
    return table_of(ordered, (("captured_at", "time"), *columns))


def _counts(tables: Mapping[str, pa.Table]) -> dict[str, dict[str, int]]:
    """Count per account; an account that only the organisation names has not been read and is not listed."""
    counts: dict[str, dict[str, int]] = {}

    def count(account_id: str | None, what: str | None) -> None:
        if account_id is None:
            return
        of_account = counts.setdefault(account_id, dict.fromkeys(COUNTED, 0))
        if what:
            of_account[what] += 1

    for row in tables["principals"].select(["account_id", "kind"]).to_pylist():
        count(row["account_id"], f"{row['kind']}s")
    for row in tables["policies"].select(["account_id"]).to_pylist():
        count(row["account_id"], "policies")
    for row in tables["credentials"].select(["account_id", "exists"]).to_pylist():
        count(row["account_id"], "credentials" if row["exists"] else None)
    for row in tables["settings"].select(["account_id", "name"]).to_pylist():
        if row["name"] not in _OF_NO_ACCOUNT:
            count(row["account_id"], None)
    return dict(sorted(counts.items()))
