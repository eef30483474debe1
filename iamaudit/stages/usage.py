"""usage: events to the daily roll-up of who used which action on which resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.engine.duck import Engine, ParquetFiles
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import Part, UsageManifest, to_bytes
from iamaudit.lake.parts import PartWriter
from iamaudit.lake.schema import EVENTS_SCHEMA, ROLLUP_SCHEMAS
from iamaudit.model.usage import MappedEvent
from iamaudit.ports import Progress
from iamaudit.usage.map import map_record

DAYS_AT_ONCE = 31
ROWS_AT_ONCE = 500_000  # events; a record is about a kilobyte in memory
ROLLUPS = {"usage": "usage_rollup", "credential_use": "usage_credentials", "coverage": "usage_coverage"}
MAPPED_COLUMNS = (
    "shape",
    "account_id",
    "principal",
    "principal_id",
    "principal_kind",
    "action",
    "resource",
    "outcome",
    "evidence",
    "confidence",
    "via",
    "conditions",
)
MAPPED_SCHEMA = pa.schema([(name, pa.string()) for name in MAPPED_COLUMNS])


def update_usage(lake: Lake, *, progress: Progress | None = None) -> list[str]:
    """Make the roll-ups of every event day that has new events, or was made with older knowledge; return the days.

    Each day is committed by its own manifest, which names the event parts it was made from: a crash between two days
    leaves the first done and the second to do.
    """
    version = mapping_version()
    days = lake.days()
    done = {manifest.dt: manifest for manifest in lake.usage_manifests()}
    stale = [
        day
        for day in days
        if day not in done or done[day].mapping_version != version or done[day].inputs != days[day].inputs
    ]
    finished = 0
    for group in _groups(stale, {day: sum(part.rows for part in days[day].parts) for day in stale}):
        rollups = roll_up(lake, [part for day in group for part in days[day].parts])
        for day in group:
            with PartWriter(lake) as writer:
                for table, found in rollups.items():
                    rows = _of_day(found, day)
                    if rows.num_rows:
                        writer.add(table, rows, folder=f"{table}/dt={day}", dt=day)
            manifest = UsageManifest(day, days[day].inputs, version, tuple(writer.parts))
            lake.store.write(f"manifests/usage/dt={day}.json", to_bytes(manifest))
        finished += len(group)
        if progress is not None:
            progress(finished, len(stale), "days of usage")
    return stale


def _groups(days: list[str], rows: Mapping[str, int]) -> Iterator[list[str]]:
    """Cut the days into groups that are rolled up at once: as many as fit the memory, at least one."""
    group: list[str] = []
    size = 0
    for day in days:
        if group and (size + rows[day] > ROWS_AT_ONCE or len(group) == DAYS_AT_ONCE):
            yield group
            group, size = [], 0
        group.append(day)
        size += rows[day]
    if group:
        yield group


def _of_day(rows: pa.Table, day: str) -> pa.Table:
    return rows.filter(pc.equal(rows["dt"], day))


def roll_up(lake: Lake, parts: list[Part]) -> dict[str, pa.Table]:
    """Return the roll-ups of the days in *parts*: SQL finds the distinct shapes, Python maps each once."""
    events = ParquetFiles(lake.locations(parts), EVENTS_SCHEMA)
    with Engine({"deliveries": lambda: events}, {}) as engine:
        shapes = engine.query("select distinct shape, shape_json from usage_day_shapes").to_pylist()
        engine.provide("mapped_shapes", mapped_shapes((row["shape"], json.loads(row["shape_json"])) for row in shapes))
        return {
            table: engine.table(model).select(ROLLUP_SCHEMAS[table].names).cast(ROLLUP_SCHEMAS[table])
            for table, model in ROLLUPS.items()
        }


def mapped_shapes(shapes: Iterator[tuple[str, Mapping[str, Any]]]) -> pa.Table:
    """Return one row per (shape, action, resource) of `MAPPED_SCHEMA`."""
    columns: list[list[str | None]] = [[] for _ in MAPPED_COLUMNS]
    for shape, fields in shapes:
        record = record_of(fields)
        for row in use_rows(map_record(record), fields):
            for column, value in zip(columns, (shape, *row), strict=True):
                column.append(value)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=MAPPED_SCHEMA)


def use_rows(mapped: MappedEvent, fields: Mapping[str, Any]) -> Iterator[tuple[str | None, ...]]:
    """Yield the roll-up's columns for each action and resource that a record used."""
    who = mapped.principal
    for use in mapped.uses:
        conditions = json.dumps(dict(use.conditions), sort_keys=True) if use.conditions else None
        for resource in use.resources:
            yield (
                who.account_id or fields["account_id"],
                who.arn or who.id or who.kind.value,
                who.id,
                who.kind.value,
                use.action,
                resource,
                mapped.outcome.value,
                use.evidence,
                use.confidence,
                fields["invoked_by"],
                conditions,
            )


def record_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a CloudTrail record with what the mapping reads, from the columns of a shape."""
    issuer = {
        name: value
        for name, value in (
            ("type", fields["issuer_type"]),
            ("arn", fields["issuer_arn"]),
            ("principalId", fields["issuer_id"]),
        )
        if value is not None
    }
    identity = {
        "type": fields["identity_type"],
        "arn": fields["identity_arn"],
        "principalId": fields["principal_id"],
        "accountId": fields["identity_account_id"],
        "userName": fields["user_name"],
        "invokedBy": fields["invoked_by"],
        "onBehalfOf": _parsed(fields["on_behalf_of"]),
        "sessionContext": {"sessionIssuer": issuer} if issuer else None,
    }
    record = {
        "eventVersion": fields["event_version"],
        "eventSource": fields["event_source"],
        "eventName": fields["event_name"],
        "eventType": fields["event_type"],
        "awsRegion": fields["aws_region"],
        "recipientAccountId": fields["account_id"],
        "errorCode": fields["error_code"],
        "errorMessage": fields["error_message"],
        "userIdentity": {name: value for name, value in identity.items() if value is not None},
        "resources": [
            {"ARN": entry["arn"], "accountId": entry["account_id"], "type": entry["type"]}
            for entry in fields["resources"] or ()
        ],
        "requestParameters": _parsed(fields["request_parameters"]),
        "responseElements": _parsed(fields["response_elements"]),
        "serviceEventDetails": _parsed(fields["service_event_details"]),
    }
    return {name: value for name, value in record.items() if value is not None}


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


@cache
def mapping_version() -> str:
    """Return a name for the knowledge that the mapping works with: roll-ups made with another are made again."""
    digest = hashlib.sha256(catalogue().version.encode())
    for package, ending in (("knowledge/data", ".csv"), ("usage", ".py")):
        folder = files("iamaudit").joinpath(package)
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if path.name.endswith(ending):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def last_day(lake: Lake) -> datetime | None:
    """Return the newest day that the lake has events of, or None for an empty lake."""
    days = [day for day in lake.days() if day]
    return datetime.fromisoformat(days[-1]).replace(tzinfo=UTC) if days else None
