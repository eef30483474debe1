"""The report as one HTML page that needs no network, no server and no other file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from iamaudit.model.arn import parse_arn
from iamaudit.model.finding import Finding
from iamaudit.report import chart, morning, strip
from iamaudit.report.content import SEVERITIES, RecommendationSummary, ReportContent, by_gain, by_urgency
from iamaudit.report.diff import DiffLine, diff_lines, pretty, unified_diff
from iamaudit.report.summary import summarise
from iamaudit.report.visible import block, middle_cut, one_line

# A page of a large organisation stays usable; what is left out is counted on the page and is in the other files.
MOST_DIFFS = 200
MOST_DIFF_LINES = 1_500
MOST_FINDINGS = 400  # of one severity
MOST_ROWS = 2_000
MOST_LINES = 25  # of one list that looks back or ahead
MOST_REGIONS = 6  # of one account: those with gaps come first
_LONGEST_LINE = 1_000
_LONGEST_NAME = 80
_LONGEST_BLOCK = 6_000


def render_html(content: ReportContent) -> str:
    """Return the whole page.

    Everything that came from a log or a policy is escaped, and shown with its control characters made visible
    (design.md §6). Should an escape ever be forgotten, the page's Content-Security-Policy still runs no script
    but its own, which it names by hash, and loads nothing.
    """
    script = _template_text("report.js")
    recommendations = by_gain(content.recommendations)
    principals = sorted(content.principals, key=lambda p: (-p.unused, p.arn))
    return (
        _environment()
        .get_template("report.html")
        .render(
            content=content,
            style=Markup(_template_text("report.css")),  # noqa: S704  (our own file)
            script=Markup(script),  # noqa: S704  (our own file)
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            steps=morning.steps(content),
            severities=_by_severity(content.findings),
            severity_counts=Counter(finding.severity for finding in content.findings),
            # vega has escaped the labels; test_report_in_a_browser keeps it honest
            wide_chart=Markup(chart.usage_chart(content.principals, width=960)),  # noqa: S704  (said above)
            narrow_chart=Markup(chart.usage_chart(content.principals, width=340)),  # noqa: S704  (said above)
            charted=chart.most_unused(content.principals),
            strips=[(coverage, strip.gaps(coverage, content.window_start)) for coverage in content.coverage],
            principals=principals[:MOST_ROWS],
            recommendations=recommendations,
            places={r.principal: place for place, r in enumerate(recommendations[:MOST_DIFFS], start=1)},
            ready=[r for r in recommendations if r.is_ready],
            summary=summarise(recommendations),
            outlook=content.outlook,
            most_diffs=MOST_DIFFS,
            most_rows=MOST_ROWS,
            most_findings=MOST_FINDINGS,
            most_regions=MOST_REGIONS,
            most_lines=MOST_LINES,
        )
    )


def _by_severity(findings: tuple[Finding, ...]) -> list[tuple[str, tuple[Finding, ...]]]:
    ordered = by_urgency(findings)
    others = sorted({f.severity for f in findings} - set(SEVERITIES))
    groups = ((severity, tuple(f for f in ordered if f.severity == severity)) for severity in (*SEVERITIES, *others))
    return [(severity, group) for severity, group in groups if group]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("iamaudit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "number": lambda value: f"{value:,}",
        "block": lambda text: Markup.escape(block(text, limit=_LONGEST_BLOCK)),
        "whole_policy": lambda text: Markup.escape(pretty(text)),
        "evidence": _evidence,
        "name": _name,
        "place": _place,
        "moment": _moment,
        "diff": _diff,
        "share": _share,
        "runs": strip.runs,
        "width": lambda part, whole: f"{100 * part / whole:.3f}%",
    }
    return environment


def _finalize(value: Any) -> Any:
    """Make every `{{ … }}` one bounded visible line, so that no template can forget it."""
    if isinstance(value, Markup):
        return value
    return one_line(str(value), limit=_LONGEST_LINE)


def _evidence(finding: Finding) -> Markup:
    text = json.dumps(dict(finding.evidence), indent=2, ensure_ascii=False, default=str)
    return Markup.escape(block(text, limit=_LONGEST_BLOCK))


def _name(arn: str) -> str:
    """Return `role/Deploy` for a role's ARN: the account stands beside it, a long path is cut in the middle."""
    parts = parse_arn(arn)
    return middle_cut(one_line(parts.resource if parts else arn), _LONGEST_NAME)


def _place(arn: str) -> str:
    """Return `role/Deploy in 111122223333`, for where no account stands beside it."""
    parts = parse_arn(arn)
    return f"{_name(arn)} in {parts.account}" if parts and parts.account else _name(arn)


def _share(part: int, whole: int) -> str:
    """Return a percentage that never rounds something to nothing."""
    if not part or not whole:
        return "0%"
    return "under 0.1%" if part / whole < 0.001 else f"{100 * part / whole:.1f}%"


def _moment(text: str) -> str:
    """Return `2026-11-23 05:00 UTC` for an ISO time in UTC; anything else, a day for one, as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):[\d.]+(?:Z|\+00:00)", text)
    return f"{found[1]} {found[2]} UTC" if found else text


def _diff(recommendation: RecommendationSummary) -> tuple[tuple[DiffLine, ...], int]:
    """Return the lines to show, and how many more there are."""
    text = (
        unified_diff(recommendation.current, (*recommendation.policies, *filter(None, [recommendation.boundary])))
        if recommendation.policies
        else recommendation.diff
    )
    lines = [line for line in diff_lines(text) if line.kind != "file"]
    return tuple(lines[:MOST_DIFF_LINES]), max(0, len(lines) - MOST_DIFF_LINES)


@cache
def _template_text(name: str) -> str:
    return files("iamaudit.report").joinpath("templates", name).read_text(encoding="utf-8")
