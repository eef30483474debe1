"""nightly: all stages in order; what fails is a problem of the night, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_API_URL

from iamaudit.config import NightConfig, read_config
from iamaudit.engine.duck import Engine
from iamaudit.errors import ConfigError, IamAuditError, PromiseBrokenError
from iamaudit.lake.lake import Lake
from iamaudit.model.finding import Finding
from iamaudit.stages.collect import together
from iamaudit.stages.evaluate_due import evaluate_when_due
from iamaudit.stages.history import last_week
from iamaudit.stages.instants import moment
from iamaudit.stages.night import NightResult
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.places import create_lake
from iamaudit.stages.report import lake_books, write_report
from iamaudit.stages.watch import Watched, mentions
from iamaudit.stages.workbench import engine_on
from pipelines.audit import find
from pipelines.collect import collect_recorded, collect_state
from pipelines.ingest import ingest_source, roll_up
from pipelines.recommend import write_bundles, write_retirements
from pipelines.verify import verify_source
from pipelines.watch import look_back

T = TypeVar("T")


@task(name="report", cache_policy=NO_CACHE)
def report(
    engine: Engine,
    night: NightConfig,
    findings: list[Finding],
    recommendations: list[Recommendation],
    problems: list[str],
    missing: list[str],
    watched: Watched | None,
) -> dict[str, Path]:
    """Write the page, and show its short form as an artifact."""
    written = write_report(
        engine,
        night.out,
        findings=findings,
        recommendations=recommendations,
        problems=problems,
        missing=missing,
        books=lake_books(create_lake(night.lake, night.aws)),
        choices=night.choices,
        watched=watched,
    )
    create_markdown_artifact(key="report", markdown=written["markdown"].read_text(encoding="utf-8"))
    return written


@task(name="evaluate", cache_policy=NO_CACHE)
def score(lake: Lake, night: NightConfig, as_of: datetime) -> str:
    """Learn from earlier days and replay later ones, when it is time to; return what it came to."""
    return evaluate_when_due(lake, night.settings, as_of, night.evaluate, night.choices)


@flow(name="nightly", validate_parameters=False)
def nightly(night: NightConfig, as_of: datetime) -> NightResult:
    """Run ingest, collect, usage, audit, recommend and report once."""
    problems: list[str] = []
    failed: list[IamAuditError] = []

    def attempt(what: str, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except IamAuditError as error:
            problems.append(f"{what}: {error}")
            failed.append(error)
            return None

    ingested = [
        done
        for source in night.sources
        if (
            done := attempt(
                f"ingest {source}",
                lambda source=source: ingest_source(source, night.lake, night.aws, night.read, as_of),  # type: ignore[misc]  # bound at once
            )
        )
        is not None
    ]
    problems += [problem for done in ingested for problem in done.problems]
    problems += [rule.ended() for rule in night.choices.expired(as_of.date())]
    collected = None
    if night.collect.enabled:
        collected = attempt("collect", lambda: collect_state(night.lake, night.collect, as_of, night.aws))
    # after the calls, so that what they told of an account is the newer
    recorded = attempt("collect from config", lambda: collect_recorded(night.lake, night.settings, as_of, night.aws))
    collected = together(result for result in (collected, recorded) if result is not None)
    if night.verify.enabled:
        for place in night.sources:
            verified = attempt(
                f"verify {place}",
                lambda place=place: verify_source(place, night.lake, night.verify, as_of, night.aws),  # type: ignore[misc]  # bound at once
            )
            if verified is not None and (problem := verified.problem(place)) is not None:
                problems.append(problem)
    attempt("usage", lambda: roll_up(night.lake, night.aws))
    lake = create_lake(night.lake, night.aws)
    evaluated = ""
    if night.evaluate.enabled:  # before the recommendations, whose certificates tell the scores
        evaluated = attempt("evaluate", lambda: score(lake, night, as_of)) or ""
    with engine_on(lake, night.settings, as_of) as engine:
        findings = attempt("audit", lambda: find(engine)) or []
        recommendations = (
            attempt("recommend", lambda: write_bundles(engine, lake, night.out / "bundles", night.choices)) or []
        )
        attempt("retire", lambda: write_retirements(engine, night.out / "bundles", night.choices))
        watched = attempt("watch", lambda: look_back(engine, night.out / "bundles"))
        changes = attempt("history", lambda: last_week(engine)) or ""
        missing = [] if collected is None else [f"{entry['what']}: {entry['why']}" for entry in collected.missing]
        written = (
            attempt("report", lambda: report(engine, night, findings, recommendations, problems, missing, watched))
            or {}
        )
    return NightResult(
        tuple(ingested),
        collected,
        tuple(findings),
        tuple(recommendations),
        written,
        tuple(problems),
        () if watched is None else tuple(mentions(watched)),
        evaluated=evaluated,
        changes=changes,
        is_broken=any(isinstance(error, PromiseBrokenError) for error in failed),
        is_incomplete=bool(failed),
    )


def run_nightly(night: NightConfig) -> NightResult:
    """Run the night now, with the configuration's `as_of` or the clock's time."""
    return nightly(night, moment(night.as_of, now=datetime.now(UTC)))


@flow(name="nightly from config", validate_parameters=False)
def nightly_from_config(config: str) -> str:
    """Run the night of a configuration file, read afresh; what earlier nights missed is in nobody's books yet."""
    return run_nightly(read_config(Path(config))).summary()


def serve_nightly(config: Path, cron: str) -> None:
    """Run the night on a schedule until stopped; a temporary server cannot schedule, so one must be named."""
    if not PREFECT_API_URL.value():
        raise ConfigError(
            "no Prefect server is configured: run `prefect server start`, then "
            "`prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api`; or use cron with `iamaudit nightly`"
        )
    nightly_from_config.serve(name="iamaudit", cron=cron, parameters={"config": str(config.resolve())})
