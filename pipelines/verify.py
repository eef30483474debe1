"""verify: the digest chain of a source, its verdicts into the lake."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from iamaudit.config import VerifyConfig
from iamaudit.model.place import AwsAccess, Place
from iamaudit.stages.places import create_lake
from iamaudit.stages.verify import VerifyResult, verify_lately
from pipelines.retries import DELAYS, did_not_answer


@task(
    name="verify",
    task_run_name="verify {source}",
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_condition_fn=did_not_answer,
    cache_policy=NO_CACHE,
)
def verify_source(
    source: str, lake: Place, wanted: VerifyConfig, as_of: datetime, access: AwsAccess
) -> VerifyResult | None:
    """Verify the last days of one source, or all of it when it never was; None when it holds no digests."""
    return verify_lately(
        source,
        create_lake(lake, access),
        access=access,
        public_keys=wanted.public_keys,
        days=wanted.days,
        captured_at=as_of,
    )
