"""report: everything of one night on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from iamaudit.engine.duck import Engine
from iamaudit.lake.lake import Lake
from iamaudit.lake.store import LocalStore
from iamaudit.model.finding import Finding
from iamaudit.model.tally import Tally, total
from iamaudit.recommend.choices import Choices
from iamaudit.report.content import Books, Coverage, PrincipalSummary, RegionDays, ReportContent, Totals
from iamaudit.report.html import render_html
from iamaudit.report.machine import findings_csv, findings_json
from iamaudit.report.markdown import render_markdown
from iamaudit.report.outlook import Outlook
from iamaudit.stages.coverage import region_lines
from iamaudit.stages.few_at_a_time import answers, everybody
from iamaudit.stages.instants import iso
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.outlook import outlook_of
from iamaudit.stages.watch import Watched

_CAREFUL = Choices()
# Access levels whose unused grants are named first: what they allow is hard to take back.
HIGH_RISK = (
    "^(iam:|sts:AssumeRole|organizations:|kms:|cloudtrail:|s3:Delete|s3:PutBucketPolicy|lambda:UpdateFunctionCode)"
)


def write_report(
    engine: Engine,
    out: Path,
    *,
    findings: Sequence[Finding],
    recommendations: Sequence[Recommendation],
    problems: Sequence[str] = (),
    missing: Sequence[str] = (),
    books: Books | None = None,
    choices: Choices = _CAREFUL,
    watched: Watched | None = None,
    title: str = "What your AWS principals really do",
) -> dict[str, Path]:
    """Write `report.html`, `report.md`, `findings.json` and `findings.csv` into *out*; return their paths by kind."""
    content = content_of(
        engine,
        findings=findings,
        recommendations=recommendations,
        problems=problems,
        missing=missing,
        books=books,
        title=title,
        outlook=outlook_of(engine, recommendations, choices, watched),
    )
    store = LocalStore(out)
    files = {
        "html": ("report.html", render_html(content)),
        "markdown": ("report.md", render_markdown(content)),
        "json": ("findings.json", findings_json(findings)),
        "csv": ("findings.csv", findings_csv(findings)),
    }
    for name, text in files.values():
        store.write(name, text.encode())
    return {kind: out / name for kind, (name, _) in files.items()}


def content_of(
    engine: Engine,
    *,
    findings: Sequence[Finding],
    recommendations: Sequence[Recommendation],
    problems: Sequence[str],
    missing: Sequence[str],
    books: Books | None,
    title: str,
    outlook: Outlook | None = None,
) -> ReportContent:
    """Gather the report's one value from the models."""
    principals = principal_summaries(engine)
    unread = engine.query("select policy_id, problem from policy_problems order by policy_id").to_pylist()
    return ReportContent(
        title=title,
        as_of=iso(engine.parameters["as_of"]) or "",  # type: ignore[arg-type]  # a datetime by construction
        window_start=str(engine.parameters["window_start"]),
        window_end=str(engine.parameters["window_end"]),
        accounts=tuple(sorted({entry.account_id for entry in principals})),
        books=books or Books(Tally()),
        coverage=coverages(engine),
        totals=Totals(
            principals=len(principals),
            granted=sum(entry.granted for entry in principals),
            used=sum(entry.used for entry in principals),
            unused=sum(entry.unused for entry in principals),
            unknown=sum(entry.unknown for entry in principals),
            used_not_granted=sum(entry.used_not_granted for entry in principals),
        ),
        principals=principals,
        findings=tuple(findings),
        recommendations=tuple(entry.summary for entry in recommendations if not entry.shared),
        problems=tuple(problems),
        outlook=outlook,
        missing=(*missing, *(f"{row['policy_id']}: {row['problem']}" for row in unread)),
    )


_COUNTS: Final = f"""
    select
        states.principal,
        states.account_id,
        any_value(principals.kind) as kind,
        count(*) filter (where state <> 'used_not_granted') as granted,
        count(*) filter (where state = 'used') as used,
        count(*) filter (where state = 'unused') as unused,
        count(*) filter (where state = 'unknown') as unknown,
        count(*) filter (where state = 'used_not_granted') as used_not_granted,
        list_sort(list(action) filter (where state = 'unused' and regexp_matches(action, '{HIGH_RISK}'))) as high_risk
    from grant_verdicts as states
    inner join stg_principals as principals on states.principal = principals.arn
    where list_contains($principals, states.principal)
    group by states.principal, states.account_id
    order by states.account_id, states.principal
"""  # noqa: S608  # a pattern of ours


def principal_summaries(engine: Engine) -> tuple[PrincipalSummary, ...]:
    """Return the counts of the four states per principal."""
    engine.prepare("stg_principals")
    rows = [
        row for answer in answers(engine, "grant_verdicts", _COUNTS, everybody(engine)) for row in answer.to_pylist()
    ]
    return tuple(
        PrincipalSummary(
            arn=row["principal"],
            account_id=row["account_id"],
            kind=row["kind"],
            granted=row["granted"],
            used=row["used"],
            unused=row["unused"],
            unknown=row["unknown"],
            used_not_granted=row["used_not_granted"],
            high_risk=tuple((row["high_risk"] or [])[:5]),
        )
        for row in rows
    )


def coverages(engine: Engine) -> tuple[Coverage, ...]:
    """Return what the logs of each account can speak for."""
    categories: dict[str, list[Mapping[str, str]]] = {}
    for row in engine.table("coverage_categories").to_pylist():
        categories.setdefault(row["account_id"], []).append(row)
    regions = _regions(engine)
    return tuple(
        replace(
            _coverage(row, categories.get(str(row["account_id"]), [])), regions=regions.get(str(row["account_id"]), ())
        )
        for row in _accounts(engine)
    )


def _regions(engine: Engine) -> dict[str, tuple[RegionDays, ...]]:
    found: dict[str, list[RegionDays]] = {}
    for line in region_lines(engine):
        found.setdefault(line.account_id, []).append(RegionDays(line.region, line.days, line.reason))
    return {account: tuple(entries) for account, entries in found.items()}


def _accounts(engine: Engine) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.query("select * from grant_coverage order by account_id").to_pylist()
    return rows


def _coverage(row: Mapping[str, object], categories: Sequence[Mapping[str, str]]) -> Coverage:
    data = [entry for entry in categories if entry["category"].startswith("data:")]
    logged = [entry for entry in data if entry["status"] in {"logged", "partial"}]
    was_collected = not any("no trail configuration" in entry["reason"] for entry in categories)
    reasons = sorted(
        {
            entry["reason"]
            for entry in categories
            if entry["category"].startswith("management:") and entry["status"] != "logged"
        }
    )
    reasons += sorted({entry["reason"] for entry in logged if entry["status"] == "partial"})
    return Coverage(
        account_id=str(row["account_id"]),
        days_covered=int(str(row["days_with_logs"])),
        days_in_window=int(str(row["days"])),
        gap_days=tuple(str(day) for day in row["days_without_logs"] or ()),  # type: ignore[attr-defined]  # a list of days
        has_data_events=bool(logged) if was_collected else None,
        reasons=tuple(reasons),
    )


def lake_books(lake: Lake) -> Books:
    """Return the books of everything in the lake."""
    entries = list(lake.ledger().objects())
    counts = {"in the lake": len(entries), "set aside": sum(entry.status == "set_aside" for entry in entries)}
    return Books(total(entry.tally for entry in entries), counts)
