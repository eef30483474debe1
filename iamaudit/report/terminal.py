"""Tables for a person at a terminal; text from logs cannot steer it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from iamaudit.model.finding import Finding
from iamaudit.report.content import Books, RecommendationSummary, by_gain, by_urgency
from iamaudit.report.visible import one_line

_LONGEST = 500
_STYLES = {"critical": "bold white on red", "high": "red", "medium": "yellow", "low": "cyan"}


def books_table(books: Books) -> Table:
    """Return what came in and what became of it, one row per fate and reason."""
    table = _table("Books")
    table.add_column("Records")
    table.add_column("Count", justify="right")
    table.add_row("came in", f"{books.records.records_in:,}", style="bold")
    table.add_row("kept", f"{books.records.kept:,}")
    for fate, reasons in (("ignored", books.records.ignored), ("set aside", books.records.set_aside)):
        for reason, count in sorted(reasons.items()):
            table.add_row(_text(f"{fate}: {reason}"), f"{count:,}", style="yellow" if fate == "set aside" else None)
    if books.objects:
        table.add_section()
    for fate, count in books.objects.items():
        table.add_row(_text(f"objects {fate.replace('_', ' ')}"), f"{count:,}")
    return table


def findings_table(findings: Iterable[Finding]) -> Table:
    """Return one row per finding, most urgent first."""
    table = _table("Findings")
    for column in ("Severity", "Check", "Finding", "Subject"):
        table.add_column(column, overflow="fold")
    for finding in by_urgency(tuple(findings)):
        table.add_row(
            _text(finding.severity, _STYLES.get(finding.severity, "")),
            _text(finding.check),
            _text(finding.title),
            _text(finding.subject),
        )
    return table


def recommendations_table(recommendations: Iterable[RecommendationSummary]) -> Table:
    """Return one row per proposal, those ready to apply first, then by how many actions they take away."""
    table = _table("Proposals")
    table.add_column("Principal", overflow="fold")
    for column in ("Actions", "Replayed", "Denied", "Newly allowed", "Kept, unknown"):
        table.add_column(column, justify="right")
    table.add_column("Status", overflow="fold")
    for r in by_gain(tuple(recommendations)):
        changed = f"{r.actions_before:,} → {r.actions_after:,}"
        numbers = (changed, *(f"{number:,}" for number in (r.replayed, r.denied, r.widened, r.unknown_kept)))
        # without a proposal there is nothing to count: a zero would be read as "nothing is granted"
        shown = numbers if r.is_ready or r.actions_before else ("",) * len(numbers)
        word = "not proven" if r.status == "proven" else "no proposal"
        status = _text("proven", "green") if r.is_ready else _text(f"{word}: {r.why or r.status}", "yellow")
        table.add_row(_text(r.principal), *shown, status)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", header_style="bold")


def _text(text: str, style: str = "") -> Text:
    """Return *text* as it is: no markup of rich's, no control characters."""
    return Text(one_line(text, limit=_LONGEST), style=style)
