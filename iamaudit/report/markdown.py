"""The report as a short Markdown text: for a pull request, a chat message or a flow's artifact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from iamaudit.model.finding import Finding
from iamaudit.report import morning
from iamaudit.report.content import (
    SEVERITIES,
    RecommendationSummary,
    ReportContent,
    by_gain,
    by_urgency,
)
from iamaudit.report.visible import one_line

TOP = 20
_LONGEST = 300
_LIMITS = (
    "*Unknown* means that the logs could not have shown a use: such an action is never called unused, and a proposal "
    "keeps it. *Proven* speaks of the calls that were observed, not of calls nobody made yet."
)
_PLAIN = re.compile(r"[A-Za-z0-9:/+=,.*_-]+")


def render_markdown(content: ReportContent) -> str:
    """Return the summary, the `TOP` findings and the proposals; what is left out is counted.

    Text from logs is escaped: it makes no link, no mention, no table cell and no HTML (design.md §6).
    """
    parts = [
        f"# {_text(content.title)}",
        f"Logs from {_text(content.window_start)} to {_text(content.window_end)}, judged as of {_text(content.as_of)}.",
        "\n".join(f"{place}. {_text(step.text)}" for place, step in enumerate(morning.steps(content), start=1)),
        _summary(content),
        _problems(content),
        _findings(content.findings),
        _recommendations(content.recommendations),
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(content: ReportContent) -> str:
    totals, records = content.totals, content.books.records
    severities = Counter(finding.severity for finding in content.findings)
    named = [f"{severities[severity]:,} {severity}" for severity in SEVERITIES if severities[severity]]
    rows = {
        "Accounts": f"{len(content.accounts):,}",
        "Principals": f"{totals.principals:,}",
        "Findings": f"{len(content.findings):,}" + (f" ({', '.join(named)})" if named else ""),
        "Granted actions": f"{totals.granted:,}",
        "used": f"{totals.used:,}",
        "unused": f"{totals.unused:,}",
        "unknown": f"{totals.unknown:,}",
        "used, but not granted here": f"{totals.used_not_granted:,}",
        "Days covered": _days(content),
        "Log records": f"{records.records_in:,} in, {records.kept:,} kept, {sum(records.ignored.values()):,} ignored, "
        f"{sum(records.set_aside.values()):,} set aside",
    }
    return _table(("", "Tonight"), list(rows.items()))


def _days(content: ReportContent) -> str:
    complete = sum(c.days_covered >= c.days_in_window for c in content.coverage)
    blind = sum(c.has_data_events is not True for c in content.coverage)
    return (
        f"all days in {complete:,} of {len(content.coverage):,} accounts; data events are not logged, or nobody knows, in {blind:,}"
        if content.coverage
        else "unknown"
    )


def _problems(content: ReportContent) -> str:
    lines = [f"* Failed: {_text(problem)}" for problem in content.problems]
    lines += [f"* Missing: {_text(thing)}" for thing in content.missing]
    return "\n".join(["## Problems", "", *lines]) if lines else ""


def _findings(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "## Findings\n\nNone."
    rows = [
        (_text(f.severity), _code(f.check), _text(f.title), _code(f.subject), _text(f.account_id))
        for f in by_urgency(findings)[:TOP]
    ]
    return _section("Findings", _table(("Severity", "Check", "Finding", "Subject", "Account"), rows), len(findings))


def _recommendations(recommendations: tuple[RecommendationSummary, ...]) -> str:
    if not recommendations:
        return "## Proposals\n\nNone."
    rows = [
        (
            _code(r.principal),
            f"{r.actions_before:,} → {r.actions_after:,}",
            f"{r.replayed:,} replayed, {r.denied:,} denied, {r.widened:,} newly allowed",
            f"{r.unknown_kept:,}",
            "proven" if r.is_ready else f"not proven: {_text(r.why or r.status)}",
            _code(r.bundle),
        )
        for r in by_gain(recommendations)[:TOP]
    ]
    header = ("Principal", "Actions", "Proof", "Kept, unknown", "Status", "Bundle")
    return _section("Proposals", _table(header, rows), len(recommendations))


def _section(title: str, table: str, count: int) -> str:
    more = f"\n\n{count - TOP:,} more are in the full report." if count > TOP else ""
    return f"## {title}\n\n{table}{more}"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(text: str) -> str:
    """Escape by entities where Markdown, HTML or GitHub (links by themselves, mentions) would see more than text."""
    shown = one_line(text, limit=_LONGEST)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"[\\`*_\[\]|~#@]", lambda found: f"&#{ord(found[0])};", shown)
    return re.sub(r"(?i)(?<=www)\.", "&#46;", shown.replace("://", "&#58;//"))


def _code(text: str) -> str:
    """Set an ARN or a name as code when nothing in it needs escaping."""
    return f"`{text}`" if len(text) <= _LONGEST and _PLAIN.fullmatch(text) else _text(text)
