"""config_state: the state of IAM as AWS Config recorded it, for accounts of which nothing newer was collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from iamaudit.collect.assemble import assemble
from iamaudit.collect.capture import Capture
from iamaudit.collect.config_snapshot import IAM_TYPES
from iamaudit.collect.raw import Document, Raw
from iamaudit.config import Settings
from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.formats.config_items import CONFIG_ITEMS_SCHEMA
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import StateManifest
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.stages.collect import CollectResult, missing_of, store, together
from iamaudit.stages.config_caveats import Recorded, caveats, is_recorded, nobody, part_only
from iamaudit.stages.instants import iso
from iamaudit.stages.workbench import engine_on

# A snapshot tells of everything in the account, of which IAM is little.
OF_IAM = f"resource_type in ({', '.join(repr(kind) for kind in IAM_TYPES)})"
PRINCIPALS = ("users", "groups", "roles")


def state_from_config(lake: Lake, settings: Settings, as_of: datetime) -> CollectResult | None:
    """Write one capture for each account of which AWS Config tells something new; None when there is none.

    A capture is as old as the newest item it knows of. What calls or exported files brought later wins, and a run that
    would say what the last one said writes nothing.
    """
    files = lake.locations(lake.event_parts("config_items"))
    if not files:
        return None
    results: list[CollectResult] = []
    kept_out: list[Mapping[str, str]] = []
    with engine_on(lake, settings, as_of) as engine:
        engine.provide("config_items", ParquetFiles(files, CONFIG_ITEMS_SCHEMA, where=OF_IAM))
        accounts = [Recorded(**row) for row in engine.table("stg_config_accounts").to_pylist()]
        captures = list(lake.state_manifests())
        items: dict[str, list[Document]] | None = None
        for account in sorted(accounts, key=lambda entry: entry.account_id):
            last = _last(captures, account.account_id)
            if last is not None and not _may_be_newer(account, last):
                continue
            if last is not None and not account.has_snapshot and not is_recorded(last, account.account_id):
                kept_out.append(part_only(account, last))
                continue
            items = _items(engine) if items is None else items
            capture = _capture(account, items.get(account.account_id, []), last)
            if not capture.tables["principals"].num_rows:
                kept_out.append(nobody(account.account_id, capture))
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


def _may_be_newer(account: Recorded, last: StateManifest) -> bool:
    newest = iso(account.newest_at) or ""
    # Items may come late: what Config said of one moment may change, what a call said of it may not.
    return newest > last.captured_at or (newest == last.captured_at and is_recorded(last, account.account_id))


def _items(engine: Engine) -> dict[str, list[Document]]:
    """Return the standing IAM items by account, each as a file of Config with the one item."""
    rows = engine.query(
        "select account_id, resource_type, resource_id, arn, status, captured_at, state_id, configuration, source_key "
        "from stg_config_items order by account_id, resource_type, resource_id"
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
        document = Document("config_snapshot", {"configurationItems": [item]}, row["source_key"], row["account_id"])
        found.setdefault(row["account_id"], []).append(document)
    return found


def _capture(account: Recorded, items: list[Document], last: StateManifest | None) -> Capture:
    standing = {entry["resourceType"] for document in items for entry in document.body["configurationItems"]}
    noted = caveats(account, [kind for kind in IAM_TYPES if kind not in standing])
    return assemble(Raw(tuple(items), tuple(noted)), captured_at=_moment(account, last))


def _moment(account: Recorded, last: StateManifest | None) -> datetime:
    """Return the time of the newest item; when late items change what was captured of that second, a trifle more.

    The rows of the later capture must be the newer ones: readers take an account's newest rows.
    """
    newest = account.newest_at.astimezone(UTC)
    if last is None or last.captured_at != iso(newest):
        return newest
    return newest + timedelta(microseconds=last.sequence + 1)


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
