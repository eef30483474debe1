"""Collections of AWS state in the lake: every capture is kept, the latest of each account is the current one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from iamaudit.lake.lake import Lake
from iamaudit.lake.manifest import Part, StateManifest, to_bytes
from iamaudit.lake.schema import STATE_SCHEMAS


def write_state(
    lake: Lake,
    tables: Mapping[str, pa.Table],
    *,
    captured_at: datetime,
    accounts: Mapping[str, Mapping[str, int]],
    missing: tuple[Mapping[str, str], ...],
) -> StateManifest:
    """Write the tables of one capture and commit them; a kind without rows has no part."""
    parts: list[Part] = []
    for kind in sorted(tables):
        table = tables[kind].select(STATE_SCHEMAS[kind].names).cast(STATE_SCHEMAS[kind])
        if table.num_rows:
            parts.append(lake.write_part(kind, table, folder=f"state/{kind}"))
    moment = captured_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = hashlib.sha256("\n".join([moment, *(part.key for part in parts)]).encode()).hexdigest()[:16]
    capture_id = f"{moment.replace(':', '')}-{content}"
    others = [m for m in lake.state_manifests() if m.captured_at == moment and m.capture_id != capture_id]
    sequence = max((entry.sequence + 1 for entry in others), default=0)
    manifest = StateManifest(capture_id, moment, accounts, missing, tuple(parts), sequence=sequence)
    lake.store.write(f"manifests/state/{capture_id}.json", to_bytes(manifest))
    return manifest
