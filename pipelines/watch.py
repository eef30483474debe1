"""watch: what was refused because of bundles that were carried out."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from iamaudit.engine.duck import Engine
from iamaudit.stages.watch import Watched, watch


@task(name="watch", cache_policy=NO_CACHE)
def look_back(engine: Engine, bundles: Path) -> Watched:
    """Return what was refused since bundles were applied; only journals are asked: a night is quick."""
    return watch(engine, bundles, with_events=False)
