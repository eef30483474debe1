"""ingest: log objects into the lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from iamaudit.lake.lake import create_lake
from iamaudit.stages.ingest import IngestResult, ingest
from iamaudit.stages.usage import update_usage
from pipelines.retries import DELAYS, did_not_answer


@task(
    name="ingest",
    task_run_name="ingest {source}",
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_condition_fn=did_not_answer,
    cache_policy=NO_CACHE,
)
def ingest_source(source: str, lake: Path) -> IngestResult:
    """Read everything of one source that the lake does not have: also what earlier nights missed."""
    return ingest([source], create_lake(lake))


@task(name="usage", cache_policy=NO_CACHE)
def roll_up(lake: Path) -> list[str]:
    """Make the roll-ups of the days that received records."""
    return update_usage(create_lake(lake))


@flow(name="ingest", validate_parameters=False)
def ingest_flow(sources: Sequence[str], lake: Path) -> list[IngestResult]:
    """Read all sources, then roll up the days they touched."""
    results = [ingest_source(source, lake) for source in sources]
    roll_up(lake)
    return results
