"""audit: the findings, from SQL."""

from __future__ import annotations

import json
from datetime import datetime

from iamaudit.engine.duck import Engine
from iamaudit.engine.models import Model
from iamaudit.model.finding import Finding
from iamaudit.stages.instants import iso

SEVERITIES = ("critical", "high", "medium", "low")


def checks(engine: Engine) -> list[Model]:
    """Return the models that are findings: those of the findings layer that state a severity."""
    return [model for model in engine.models.values() if model.layer == "findings" and "severity" in model.header]


def audit(engine: Engine, *, only: frozenset[str] = frozenset()) -> list[Finding]:
    """Return every finding (of the checks named in *only*, or of all), the most severe first."""
    found = [
        finding for model in checks(engine) if not only or model.name in only for finding in findings_of(engine, model)
    ]
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.account_id, f.subject, f.detail))


def findings_of(engine: Engine, model: Model) -> list[Finding]:
    """Run one check."""
    standards = tuple(word.strip() for word in model.header.get("standards", "").split(",") if word.strip())
    return [
        Finding(
            check=model.name,
            severity=model.header["severity"],
            account_id=row["account_id"],
            subject=row["subject"],
            title=row["title"],
            evidence=json.loads(row["evidence"]),
            remediation=model.header["remediation"],
            first_seen=_time(row["first_seen"]),
            last_seen=_time(row["last_seen"]),
            standards=standards,
            detail=row["detail"] or "",
        )
        for row in engine.table(model.name).to_pylist()
    ]


def _time(value: datetime | None) -> str | None:
    return iso(value)
