"""config_state: the state of IAM as AWS Config recorded it, for accounts of which nothing newer was collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.collect.assemble import assemble
from iamaudit.collect.capture import Capture, Missing
from iamaudit.collect.config_snapshot import IAM_TYPES
from iamaudit.collect.raw import Document, Raw
from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import StateManifest
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.stages.collect import CollectResult, missing_of, store, together
from iamaudit.stages.workbench import engine_on, iso

PRINCIPALS = ("users", "groups", "roles")
# Of an account's captures, those that this stage wrote say so under this name; calls and exported files never do.
RECORDED = "{account}: state of IAM by AWS Config"


@dataclass(frozen=True, slots=True)
class _Recorded:
    account_id: str
    newest_at: datetime
    has_snapshot: bool


def state_from_config(lake: Lake, settings: Settings, as_of: datetime) -> CollectResult | None:
    """Write one capture for each account of which AWS Config tells something new; None when there is none.

    A capture is as old as the newest item it knows of. What calls or exported files brought later wins, and a run that
    would say what the last one said writes nothing.
    """
    results: list[CollectResult] = []
    kept_out: list[Mapping[str, str]] = []
    with engine_on(lake, settings, as_of) as engine:
        accounts = [_Recorded(**row) for row in engine.table("stg_config_accounts").to_pylist()]
        if not accounts:
            return None
        captures = list(lake.state_manifests())
        items: dict[str, list[Document]] | None = None
        for account in sorted(accounts, key=lambda entry: entry.account_id):
            last = _last(captures, account.account_id)
            if last is not None and not _may_be_newer(account, last):
                continue
            if last is not None and not account.has_snapshot and not _is_recorded(last, account.account_id):
                kept_out.append(_part_only(account, last))
                continue
            items = _items(engine) if items is None else items
            capture = _capture(account, items.get(account.account_id, []), last)
            if not capture.tables["principals"].num_rows:
                kept_out.append(_nobody(account.account_id, capture))
            elif last is None or not _says_the_same(lake, capture, last):
                results.append(store(capture, lake))
    if kept_out:
        results.append(replace(results[0] if results else nothing_new(as_of), accounts={}, missing=tuple(kept_out)))
    return together(results)


def nothing_new(as_of: datetime) -> CollectResult:
    """Return the result of a run that wrote nothing."""
    return CollectResult(as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), {}, ())


def _last(captures: Iterable[StateManifest], account_id: str) -> StateManifest | None:
    """Return the last capture that read the account's IAM."""
    found = None
    for entry in captures:  # oldest first
        counts = entry.accounts.get(account_id, {})
        if any(counts.get(name) for name in PRINCIPALS):
            found = entry
    return found


def _may_be_newer(account: _Recorded, last: StateManifest) -> bool:
    newest = iso(account.newest_at) or ""
    # Items may come late: what Config said of one moment may change, what a call said of it may not.
    return newest > last.captured_at or (newest == last.captured_at and _is_recorded(last, account.account_id))


def _is_recorded(capture: StateManifest, account_id: str) -> bool:
    return any(entry.get("what") == RECORDED.format(account=account_id) for entry in capture.missing)


def _items(engine: Engine) -> dict[str, list[Document]]:
    """Return the standing IAM items by account, each as a file of Config with the one item."""
    rows = engine.query(
        "select account_id, resource_type, resource_id, arn, status, captured_at, state_id, configuration, source_key "
        "from stg_config_items where resource_type like 'AWS::IAM::%' order by account_id, resource_type, resource_id"
    ).to_pylist()
    found: dict[str, list[Document]] = {}
    for row in rows:
        item = {
            "awsAccountId": row["account_id"],
            "resourceType": row["resource_type"],
            "resourceId": row["resource_id"],
            "ARN": row["arn"],
            "configurationItemStatus": row["status"],
            "configurationItemCaptureTime": row["captured_at"].isoformat(),
            "configurationStateId": row["state_id"],
            "configuration": row["configuration"],
        }
        if row["resource_type"] in IAM_TYPES:
            document = Document("config_snapshot", {"configurationItems": [item]}, row["source_key"], row["account_id"])
            found.setdefault(row["account_id"], []).append(document)
    return found


def _capture(account: _Recorded, items: list[Document], last: StateManifest | None) -> Capture:
    standing = {entry["resourceType"] for document in items for entry in document.body["configurationItems"]}
    caveats = _caveats(account, [kind for kind in IAM_TYPES if kind not in standing])
    return assemble(Raw(tuple(items), tuple(caveats)), captured_at=_moment(account, last))


def _moment(account: _Recorded, last: StateManifest | None) -> datetime:
    """Return the time of the newest item; when late items change what was captured of that second, a trifle more.

    The rows of the later capture must be the newer ones: readers take an account's newest rows.
    """
    newest = account.newest_at.astimezone(UTC)
    if last is None or last.captured_at != iso(newest):
        return newest
    return newest + timedelta(microseconds=last.sequence + 1)


def _caveats(account: _Recorded, absent: list[str]) -> list[Missing]:
    account_id = account.account_id
    found = [
        Missing(
            RECORDED.format(account=account_id),
            "what changed while the recorder was off, or between two periodic recordings, is unknown, and a change is "
            "recorded minutes after it; collect by API for the state itself",
        ),
        Missing(
            f"{account_id}: organization",
            "AWS Config does not record service and resource control policies: the limits they set are unknown unless "
            "another capture has them; collect with `--org`",
        ),
    ]
    if not account.has_snapshot:
        found.append(
            Missing(
                f"{account_id}: Config snapshot",
                "only changes were read: principals and policies that did not change are not in this state; "
                "ingest a snapshot (`aws configservice deliver-config-snapshot`)",
            )
        )
    if absent:
        found.append(
            Missing(
                f"{account_id}: {', '.join(absent)}",
                "AWS Config has no standing resource of it: there may be none, or the recorder leaves it out; "
                "let the recorder include global IAM resources, or collect by API",
            )
        )
    return found


def _part_only(account: _Recorded, last: StateManifest) -> Mapping[str, str]:
    return {
        "what": f"{account.account_id}: changes recorded by AWS Config up to {iso(account.newest_at)}",
        "why": f"without a snapshot they are a part of the account, and the capture of {last.captured_at} is all of it: "
        "ingest a snapshot (`aws configservice deliver-config-snapshot`), or collect by API",
    }


def _nobody(account_id: str, capture: Capture) -> Mapping[str, str]:
    reasons = "; ".join(f"{entry.what}: {entry.why}" for entry in capture.missing if entry.what.startswith("file "))
    return {
        "what": RECORDED.format(account=account_id),
        "why": "none of its users, groups and roles stands or could be read, so nothing was written: "
        f"{reasons or 'ingest a snapshot'}",
    }


def _says_the_same(lake: Lake, capture: Capture, last: StateManifest) -> bool:
    """Tell whether the last capture has the same rows and gaps, whatever its time."""
    if {tuple(sorted(entry.items())) for entry in missing_of(capture)} != {
        tuple(sorted(entry.items())) for entry in last.missing
    }:
        return False
    return all(
        table.drop_columns("captured_at").equals(_rows(lake, last, kind).drop_columns("captured_at"))
        for kind, table in capture.tables.items()
    )


def _rows(lake: Lake, capture: StateManifest, kind: str) -> pa.Table:
    schema = STATE_SCHEMAS[kind]
    tables = [
        pq.read_table(pa.BufferReader(lake.store.read(part.key)), schema=schema)
        for part in capture.parts
        if part.table == kind
    ]
    return pa.concat_tables(tables) if tables else schema.empty_table()
