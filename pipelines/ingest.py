"""ingest: log objects into the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from iamaudit.config import ReadConfig
from iamaudit.model.place import AwsAccess, Place
from iamaudit.stages.ingest import IngestResult, ingest
from iamaudit.stages.places import create_lake, open_sources, window_of
from iamaudit.stages.usage import update_usage
from pipelines.retries import DELAYS, did_not_answer

OWN = AwsAccess()
EVERYTHING = ReadConfig()


@task(
    name="ingest",
    task_run_name="ingest {source}",
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_condition_fn=did_not_answer,
    cache_policy=NO_CACHE,
)
def ingest_source(
    source: str,
    lake: Place,
    access: AwsAccess = OWN,
    read: ReadConfig = EVERYTHING,
    as_of: datetime | None = None,
) -> IngestResult:
    """Read everything of one source that the lake does not have: also what earlier nights missed."""
    now = as_of or datetime.now(UTC)
    window = window_of(read.since, read.until, now=now, since_days=read.since_days)
    return ingest(open_sources([source], access, as_of=now, window=window), create_lake(lake, access))


@task(name="usage", cache_policy=NO_CACHE)
def roll_up(lake: Place, access: AwsAccess = OWN) -> list[str]:
    """Make the roll-ups of the days that received records."""
    return update_usage(create_lake(lake, access))


@flow(name="ingest", validate_parameters=False)
def ingest_flow(sources: Sequence[str], lake: Place) -> list[IngestResult]:
    """Read all sources, then roll up the days they touched."""
    results = [ingest_source(source, lake) for source in sources]
    roll_up(lake)
    return results
