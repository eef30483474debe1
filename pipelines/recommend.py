"""recommend: smaller policies with their proof."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.lake.lake import Lake
from iamaudit.model.place import Place
from iamaudit.recommend.choices import Choices
from iamaudit.stages.memory import Memory
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.places import find_lake
from iamaudit.stages.recommend import recommend
from iamaudit.stages.retire import retire_plan, write_retire_plan
from iamaudit.stages.workbench import engine_on


@task(name="recommend", cache_policy=NO_CACHE)
def write_bundles(engine: Engine, lake: Lake, out: Path, choices: Choices) -> list[Recommendation]:
    """Propose, prove and write for every principal; whose evidence is unchanged is not worked out again."""
    return recommend(engine, out, choices=choices, memory=Memory(lake, engine, choices))


@task(name="retire", cache_policy=NO_CACHE)
def write_retirements(engine: Engine, out: Path, choices: Choices) -> tuple[Path, Path]:
    """Write the dated plan for what nobody uses."""
    return write_retire_plan(retire_plan(engine, choices), out)


@flow(name="recommend", validate_parameters=False)
def recommend_flow(
    lake: Place, settings: Settings, as_of: datetime, out: Path, choices: Choices | None = None
) -> list[Recommendation]:
    """Recommend once."""
    found = find_lake(lake)
    with engine_on(found, settings, as_of) as engine:
        wanted = choices or Choices(keep_unknown=settings.keep_unknown)
        write_retirements(engine, out, wanted)
        return write_bundles(engine, found, out, wanted)
