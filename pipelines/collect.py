"""collect: the state of IAM into the lake."""

from __future__ import annotations

from datetime import datetime

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from iamaudit.config import CollectConfig, Settings
from iamaudit.model.place import AwsAccess, Place
from iamaudit.stages.collect import CollectResult, collect_from_aws, collect_from_files
from iamaudit.stages.config_state import state_from_config
from iamaudit.stages.places import create_lake
from pipelines.retries import DELAYS, did_not_answer

OWN = AwsAccess()


@task(
    name="collect",
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_condition_fn=did_not_answer,
    cache_policy=NO_CACHE,
)
def collect_state(lake: Place, wanted: CollectConfig, captured_at: datetime, access: AwsAccess = OWN) -> CollectResult:
    """Collect from files where the configuration names a folder, else from AWS."""
    if wanted.from_files is not None:
        return collect_from_files(wanted.from_files, create_lake(lake, access), captured_at=captured_at)
    return collect_from_aws(
        create_lake(lake, access),
        captured_at=captured_at,
        profile=wanted.profile,
        role=wanted.role,
        organization=wanted.org,
        last_accessed=wanted.last_accessed,
    )


@task(name="collect from config", cache_policy=NO_CACHE)
def collect_recorded(lake: Place, settings: Settings, as_of: datetime, access: AwsAccess = OWN) -> CollectResult | None:
    """Take what AWS Config recorded of accounts of which nothing newer was collected."""
    return state_from_config(create_lake(lake, access), settings, as_of)


@flow(name="collect", validate_parameters=False)
def collect_flow(lake: Place, wanted: CollectConfig, captured_at: datetime) -> CollectResult:
    """Collect once."""
    return collect_state(lake, wanted, captured_at)
