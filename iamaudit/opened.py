"""A lake that was opened: SQL and the stages on one engine, as a notebook uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from iamaudit.config import Settings
from iamaudit.lake.lake import Lake
from iamaudit.model.finding import Finding
from iamaudit.model.place import Place
from iamaudit.ports import Progress
from iamaudit.recommend.choices import Choices
from iamaudit.stages.audit import audit as run_audit
from iamaudit.stages.event_search import EventSearch
from iamaudit.stages.explain import Explanation
from iamaudit.stages.explain import explain as run_explain
from iamaudit.stages.explain_event import EventExplanation, LakeToAsk
from iamaudit.stages.explain_event import explain_event as run_explain_event
from iamaudit.stages.grants import grants_table
from iamaudit.stages.history import RecommendationChange, since_when
from iamaudit.stages.history import history as run_history
from iamaudit.stages.instants import moment
from iamaudit.stages.memory import Memory
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.places import find_lake
from iamaudit.stages.recommend import recommend as run_recommend
from iamaudit.stages.report import lake_books, write_report
from iamaudit.stages.scp import ScpResult
from iamaudit.stages.scp import recommend_scps as run_scps
from iamaudit.stages.watch import Watched
from iamaudit.stages.watch import watch as run_watch
from iamaudit.stages.workbench import engine_on

if TYPE_CHECKING:
    import pyarrow as pa


class OpenLake:
    """A lake to ask: SQL in, data frames out. Use it in a `with` block, or call `close`.

    Tables: events, usage, credential_use, coverage and the state (`principals`, `policies`, …); every model of `sql/`
    is a table too (`grant_states`, `idle_role`, …) and is worked out when first asked for.
    """

    def __init__(self, lake: Lake, settings: Settings, as_of: datetime) -> None:
        self.lake = lake
        self.settings = settings
        self.as_of = as_of
        self._engine = engine_on(lake, settings, as_of)

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Return the rows of a select; `$name` in it is bound from *params*. Raises `InputError` for SQL that fails."""
        return self._engine.frame(sql, params)

    def arrow(self, sql: str, params: Mapping[str, object] | None = None) -> pa.Table:
        """Return the same as an Arrow table."""
        return self._engine.query(sql, params)

    def tables(self) -> pd.DataFrame:
        """Return what one can ask: name, and what a row is."""
        rows = [{"name": name, "grain": "table of the lake"} for name in sorted(self._engine.providers)]
        rows += [{"name": m.name, "grain": m.header.get("grain", "")} for m in self._engine.models.values()]
        return pd.DataFrame(rows)

    def grants(self) -> pd.DataFrame:
        """Return the rows of `grant_states` by account, principal and action; worked out for a few principals at a time."""
        frame: pd.DataFrame = grants_table(self._engine).to_pandas()
        return frame

    def findings(self, *checks: str) -> list[Finding]:
        """Return the findings of *checks*, or of all."""
        return run_audit(self._engine, only=frozenset(checks))

    def explain(self, principal: str, action: str, resource: str | None = None) -> Explanation:
        """Say whether *principal* can do *action* on *resource* (or on anything), why, and whether it has."""
        return run_explain(self._engine, principal, action, resource)

    def explain_event(self, event: str | Mapping[str, Any]) -> EventExplanation:
        """Explain an event of the lake by its id, or a CloudTrail record: who, what, by which rule, what the lake has."""
        asked = LakeToAsk(self._engine, EventSearch(self.lake))
        return run_explain_event(asked.events.record(event) if isinstance(event, str) else event, asked)

    def recommend(
        self,
        out: Place,
        principals: Iterable[str] = (),
        *,
        choices: Choices | None = None,
        progress: Progress | None = None,
        remember: bool = True,
    ) -> list[Recommendation]:
        """Write the bundles of *principals* (ARNs), or of all, below *out*, as *choices* say.

        With *remember* the lake keeps them, and with the same evidence the bundle of an earlier night is written again.
        """
        wanted = choices or Choices(keep_unknown=self.settings.keep_unknown)
        return run_recommend(
            self._engine,
            Path(out),
            choices=wanted,
            only=frozenset(principals),
            progress=progress,
            memory=Memory(self.lake, self._engine, wanted) if remember else None,
        )

    def recommend_scps(
        self,
        out: Place,
        *,
        level: str = "service",
        choices: Choices | None = None,
        progress: Progress | None = None,
    ) -> list[ScpResult]:
        """Write below *out* for each organisational unit and account an SCP of what nobody there used (docs/scp.md).

        *level* is `service` or `action`. Raises InputError when the lake knows no organisation.
        """
        return run_scps(self._engine, Path(out), choices=choices or Choices(), level=level, progress=progress)

    def history(self, since: str | datetime = "7d") -> list[RecommendationChange]:
        """Return what changed in the recommendations since a time, or `7d`, `2w`, `36h` ago."""
        start = since_when(since, now=self.as_of) if isinstance(since, str) else instant(since)
        return run_history(self._engine, start)

    def report(self, out: Place) -> dict[str, Path]:
        """Write bundles and report below *out*; return the report's files by kind."""
        return write_report(
            self._engine,
            Path(out),
            findings=self.findings(),
            recommendations=self.recommend(Path(out) / "bundles", remember=False),
            books=lake_books(self.lake),
        )

    def watch(self, bundles: str | Path, *, since: datetime | None = None) -> Watched:
        """Return what was refused since the bundles below *bundles* were carried out, and what gives it back."""
        return run_watch(self._engine, Path(bundles), since=since)

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_lake(path: Place, *, settings: Settings | None = None, as_of: str | datetime | None = None) -> OpenLake:
    """Open the lake at *path*; *as_of* is what counts as now (default: the clock). Raises `LakeNotFoundError`."""
    return OpenLake(find_lake(path), settings or Settings(), instant(as_of))


def instant(as_of: str | datetime | None) -> datetime:
    """Return what counts as now: the time given, as a text or as it is, or the clock's."""
    now = datetime.now(UTC)
    return as_of if isinstance(as_of, datetime) else moment(as_of, now=now)
