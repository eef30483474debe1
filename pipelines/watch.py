"""watch: what was refused because of bundles that were carried out."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from iamaudit.engine.duck import Engine
from iamaudit.stages.watch import mentions, watch


@task(name="watch", cache_policy=NO_CACHE)
def look_back(engine: Engine, bundles: Path) -> list[str]:
    """Return a sentence per refusal that an applied bundle caused or may have; only journals are asked: a night is quick."""
    return mentions(watch(engine, bundles, with_events=False))
