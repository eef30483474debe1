"""Findings for other programs: JSON lines, and CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from iamaudit.model.arn import parse_arn
from iamaudit.model.finding import Finding
from iamaudit.report.visible import one_line

COLUMNS = (
    "finding_id",
    "check",
    "severity",
    "account_id",
    "subject",
    "principal",
    "resource",
    "title",
    "evidence",
    "remediation",
    "first_seen",
    "last_seen",
    "standards",
    "detail",
)
_PRINCIPAL_TYPES = {
    "iam": frozenset({"user", "role"}),
    "sts": frozenset({"assumed-role", "federated-user"}),
    "identitystore": frozenset({"user"}),
}


def finding_row(finding: Finding) -> dict[str, object]:
    """Return the finding under the fixed `COLUMNS`; `subject` stands again under `principal` or `resource`, the other is None."""
    is_principal = _is_principal(finding.subject)
    return {
        "finding_id": finding.finding_id,
        "check": finding.check,
        "severity": finding.severity,
        "account_id": finding.account_id,
        "subject": finding.subject,
        "principal": finding.subject if is_principal else None,
        "resource": None if is_principal else finding.subject,
        "title": finding.title,
        "evidence": dict(finding.evidence),
        "remediation": finding.remediation,
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "standards": list(finding.standards),
        "detail": finding.detail,
    }


def findings_json(findings: Iterable[Finding]) -> str:
    """Return one JSON object per line, in ASCII, so that no text from a log can steer the terminal it is printed on."""
    return "".join(f"{json.dumps(finding_row(finding), default=str)}\n" for finding in findings)


def findings_csv(findings: Iterable[Finding]) -> str:
    """Return CSV with a header; `evidence` is JSON, `standards` are joined by blanks.

    A cell that a spreadsheet would take for a formula gets a leading `'` (log content is hostile, design.md §6).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for finding in findings:
        row = finding_row(finding) | {
            "evidence": json.dumps(dict(finding.evidence), default=str),
            "standards": " ".join(finding.standards),
        }
        writer.writerow(_cell(row[column]) for column in COLUMNS)
    return out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else one_line(str(value))
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _is_principal(subject: str) -> bool:
    arn = parse_arn(subject)
    if arn is None:
        return False
    return arn.resource_type in _PRINCIPAL_TYPES.get(arn.service, ()) or (arn.service, arn.resource) == ("iam", "root")
