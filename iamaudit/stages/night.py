"""night: what one run of all stages came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iamaudit.model.finding import Finding
from iamaudit.model.tally import Tally, total
from iamaudit.stages.audit import SEVERITIES
from iamaudit.stages.collect import CollectResult
from iamaudit.stages.ingest import IngestResult
from iamaudit.stages.outcome import Recommendation, exit_code

REASONS = {
    "proof": "failed their proof",
    "unreadable": "with an unreadable policy",
    "quota": "too large for AWS",
    "coverage": "that the logs cannot judge",
    "protected": "that are protected",
    "boundary": "that have a boundary already",
    "nothing_to_do": "with nothing to take away",
    "moved": "that move into a group",
}


@dataclass(frozen=True, slots=True)
class NightResult:
    """The stages' results; `problems` are sentences on what failed while the rest went on."""

    ingested: tuple[IngestResult, ...]
    collected: CollectResult | None
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    report: Mapping[str, Path]
    problems: tuple[str, ...]
    refused_since: tuple[str, ...] = ()  # sentences on what applied bundles refuse
    evaluated: str = ""  # what policies learnt earlier would have refused later, or when that was last worked out
    changes: str = ""  # what changed in the recommendations within a week, counted
    is_broken: bool = False  # one of our own promises did not hold
    is_incomplete: bool = False  # a source or a stage failed as a whole

    @property
    def records(self) -> Tally:
        """The books of the night."""
        return total(result.records for result in self.ingested)

    @property
    def of_principals(self) -> list[Recommendation]:
        """The recommendations without those for groups and other things that several hold: they would count twice."""
        return [entry for entry in self.recommendations if not entry.shared]

    @property
    def refused(self) -> int:
        """Principals without a bundle."""
        return sum(bool(entry.refused) for entry in self.of_principals)

    @property
    def unchanged(self) -> int:
        """Principals whose evidence is that of an earlier night, with a bundle or without."""
        return sum(entry.is_unchanged for entry in self.of_principals)

    @property
    def exit_code(self) -> int:
        """0 fine, 2 when a source, a stage or a policy could not be read, 3 when a promise was broken (design.md §4).

        Single objects that were set aside are in the books and the problems; they do not make the night a failure.
        """
        if self.is_broken:
            return 3
        return exit_code(self.recommendations) or (2 if self.is_incomplete or not self.report else 0)

    def by_severity(self) -> dict[str, int]:
        """Count the findings."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES if counts[severity]}

    def without_bundle(self) -> list[str]:
        """Say how many principals have no bundle, by reason."""
        counts = Counter(entry.refused_kind for entry in self.of_principals if entry.refused)
        return [f"{counts[kind]} {words}" for kind, words in REASONS.items() if counts[kind]]

    def _as_before(self) -> list[str]:
        everybody = len(self.of_principals)
        return [f"As before {self.unchanged} of {everybody} principals, whose evidence is unchanged"] * bool(
            self.unchanged
        )

    def as_json(self) -> dict[str, object]:
        """Return the night for machines."""
        return {
            "records": self.records.as_json(),
            "collected": None if self.collected is None else self.collected.as_json(),
            "findings": self.by_severity(),
            "recommendations": {
                "written": len(self.of_principals) - self.refused,
                "refused": self.refused,
                "unchanged": self.unchanged,
                "changed_in_a_week": self.changes,
            },
            "report": {kind: str(path) for kind, path in self.report.items()},
            "evaluated": self.evaluated,
            "refused_since": list(self.refused_since),
            "problems": list(self.problems),
        }

    def summary(self) -> str:
        """Return the night for people: a few lines, the report's place last."""
        books = self.records
        ignored, set_aside = sum(books.ignored.values()), sum(books.set_aside.values())
        proven = [entry.summary for entry in self.of_principals if not entry.refused]
        before, after = sum(s.actions_before for s in proven), sum(s.actions_after for s in proven)
        found = ", ".join(f"{count} {severity}" for severity, count in self.by_severity().items()) or "none"
        lines = [
            f"Records   {books.records_in:,} came in, {books.kept:,} kept, {ignored:,} ignored, {set_aside:,} set aside",
            f"Findings  {found}",
            f"Policies  {', '.join([f'{len(proven)} proven', *self.without_bundle()])}; granted actions {before:,} -> {after:,}",
            *([f"Changed   since last week: {self.changes}"] if self.changes else []),
            *([f"Hold-out  {self.evaluated}"] if self.evaluated else []),
            *self._as_before(),
            *(f"Refused   {sentence}" for sentence in self.refused_since),
            *(f"Problem   {problem}" for problem in self.problems),
        ]
        if self.report:
            lines.append(f"Report    {self.report['html']}")
        return "\n".join(lines)
