"""What trailscraper's `generate` writes for each principal, given that principal's records and nothing else.

Its own `select` chooses roles only, and reads all logs for each; here the records are parted beforehand, for users too.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from measure import run

Json = dict[str, Any]


def records_by_principal(logs: Path) -> dict[str, list[Json]]:
    """Return the records of each user and role, each event once, in the order of their objects."""
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for path in sorted(logs.rglob("*_CloudTrail_*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]:
            identity = record.get("userIdentity", {})
            issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
            arn = issuer.get("arn") if identity.get("type") == "AssumedRole" else identity.get("arn")
            if arn:
                found[arn].setdefault(record["eventID"], record)
    return {arn: list(records.values()) for arn, records in found.items()}


def generated(trailscraper: Path, records: list[Json]) -> str:
    """Return the policy that trailscraper makes of *records*, as JSON text."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "records.json"
        given.write_text(json.dumps({"Records": records}), encoding="utf-8")
        cost = run([trailscraper, "generate"], stdin=given)
    if cost.code != 0:
        raise SystemExit(f"trailscraper failed: {cost.errors[-2000:]}")
    return cost.output
