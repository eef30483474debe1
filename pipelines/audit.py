"""audit: findings from the lake."""

from __future__ import annotations

from datetime import datetime

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.model.finding import Finding
from iamaudit.model.place import Place
from iamaudit.report.machine import finding_row
from iamaudit.stages.audit import audit
from iamaudit.stages.places import find_lake
from iamaudit.stages.workbench import engine_on

SHOWN = 200  # rows of an artifact that a person would still read


@task(name="audit", cache_policy=NO_CACHE)
def find(engine: Engine) -> list[Finding]:
    """Run all checks and leave a table for people."""
    findings = audit(engine)
    create_table_artifact(
        key="findings",
        table=[{name: str(value) for name, value in finding_row(entry).items()} for entry in findings[:SHOWN]],
        description=f"{len(findings)} findings",
    )
    return findings


@flow(name="audit", validate_parameters=False)
def audit_flow(lake: Place, settings: Settings, as_of: datetime) -> list[Finding]:
    """Audit once."""
    with engine_on(find_lake(lake), settings, as_of) as engine:
        return find(engine)
