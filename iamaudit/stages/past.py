"""The lake as it was on an earlier day, with today's grants: one engine, set back again and again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine, ParquetFiles, Provider
from iamaudit.engine.models import Model
from iamaudit.lake.lake import Lake
from iamaudit.lake.schema import ROLLUP_SCHEMAS
from iamaudit.stages.workbench import engine_on

# what else depends on the days that are looked at: made from the roll-ups, or from the window's first day
_BY_WINDOW: Final = frozenset({*ROLLUP_SCHEMAS, "coverage_categories", "log_losses", "mapping_disagreements"})
_PARAMETERS: Final = frozenset({"window_start", "window_end", "as_of"})


class Past:
    """Asks the models about other days; use it in a `with` block. What does not depend on the days is worked out once."""

    def __init__(self, lake: Lake, settings: Settings, as_of: datetime) -> None:
        self._engine = engine_on(lake, settings, as_of)
        self._providers = dict(self._engine.providers)
        self._rollups = {name: self._providers[name]() for name in ROLLUP_SCHEMAS}
        self._by_window = _dependent(self._engine.models.values()) | _BY_WINDOW
        self.first_day, self.last_day = self._bounds()

    def at(self, end: date, days: int) -> Engine:
        """Return the engine with a window of *days* whole days before *end*; nothing of *end* or later is in it."""
        moment = datetime(end.year, end.month, end.day, tzinfo=UTC)
        start = (end - timedelta(days=days)).isoformat()
        self._engine.parameters.update(window_start=start, window_end=end.isoformat(), as_of=moment)
        self._engine.forget(*self._by_window)
        self._engine.providers = {
            **self._providers,
            **{name: _before(files, end) for name, files in self._rollups.items()},
        }
        return self._engine

    def _bounds(self) -> tuple[date | None, date | None]:
        row = self._engine.query("select min(dt)::date as first, max(dt)::date as last from usage").to_pylist()[0]
        return row["first"], row["last"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.close()


def _before(rollup: pa.Table | ParquetFiles, end: date) -> Provider:
    if isinstance(rollup, ParquetFiles):
        cut = ParquetFiles(rollup.locations, rollup.schema, where=f"dt < '{end.isoformat()}'")
        return lambda: cut
    return lambda: rollup.filter(pc.less(rollup["dt"], end.isoformat()))


def _dependent(models: Iterable[Model]) -> frozenset[str]:
    """Return the models that read the window's parameters or, through others, what depends on them."""
    listed = list(models)
    found: set[str] = {model.name for model in listed if _PARAMETERS & set(model.parameters)}
    while True:
        more = {model.name for model in listed if (found | _BY_WINDOW) & set(model.reads)} - found
        if not more:
            return frozenset(found)
        found |= more
