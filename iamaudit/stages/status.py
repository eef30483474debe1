"""lake status: the books of everything."""

from __future__ import annotations

from collections import Counter

from iamaudit.lake.ingest import books
from iamaudit.lake.lake import Lake


def lake_status(lake: Lake) -> dict[str, object]:
    """Return counts over all commits: objects by fate, records by fate, days, sizes, captures of state."""
    manifests = list(lake.event_manifests())
    fates = Counter(entry.status for manifest in manifests for entry in manifest.objects)
    parts = lake.event_parts()
    days = sorted({part.dt for part in parts if part.dt})
    captures = list(lake.state_manifests())
    records = books(manifests)
    return {
        "batches": len(manifests),
        "objects": dict(sorted(fates.items())),
        "records": records.as_json(),
        "event_parts": len(parts),
        "event_bytes": sum(part.bytes for part in parts),
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "days_with_events": len(days),
        "state_captures": len(captures),
        "last_capture": captures[-1].captured_at if captures else None,
        "missing_in_last_capture": [dict(entry) for entry in captures[-1].missing] if captures else [],
    }
