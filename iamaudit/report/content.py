"""What a report says: the one value that every output format is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iamaudit.model.finding import Finding
from iamaudit.model.tally import Tally
from iamaudit.report.outlook import Outlook

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Books:
    """What was read: record counts that balance, and object counts by fate (`seen`, `ingested`, …)."""

    records: Tally = field(default_factory=Tally)
    objects: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegionDays:
    """One region's window, a letter per day: `c` covered, `g` a gap, `q` quiet; `reason` says what the first gap is."""

    region: str
    days: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which part of the window the logs of one account can speak for.

    `gap_days` are ISO days (`2026-02-01`) of the window without logs. `has_data_events` is None when no trail
    configuration was read, so that nobody can say. `reasons` are sentences for people.
    """

    account_id: str
    days_covered: int
    days_in_window: int
    gap_days: tuple[str, ...] = ()
    has_data_events: bool | None = None
    reasons: tuple[str, ...] = ()
    regions: tuple[RegionDays, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all principals; `granted` = `used` + `unused` + `unknown`, one per (principal, action)."""

    principals: int = 0
    granted: int = 0
    used: int = 0
    unused: int = 0
    unknown: int = 0
    used_not_granted: int = 0


@dataclass(frozen=True, slots=True)
class PrincipalSummary:
    """One principal's counts of actions; `high_risk` names a few of its unused actions that matter most."""

    arn: str
    account_id: str
    kind: str
    granted: int
    used: int
    unused: int
    unknown: int
    used_not_granted: int = 0
    high_risk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecommendationSummary:
    """One principal's proposal and its proof.

    `status` is `proven` or `refused`; `why` says why it was refused. `replayed` counts the observed allowed calls
    that were decided again under the proposal, `denied` those that it would deny and `widened` what it would allow
    that the current policies do not: both are 0 in a proposal that may be applied. `current` and `policies` are
    JSON texts, `diff` the Markdown of `iamaudit.report.diff.policy_diff` (made from the two when empty).
    `boundary` is the JSON text of a permissions boundary around `policies`, where that is what was proposed.
    `is_by_group`: nothing of its own changes, what becomes smaller are its groups' policies. `held_out` is (days learnt from,
    later calls denied, later calls) of its latest hold-out. `characters_*` are counted as AWS counts a policy's size: without white space.
    """

    principal: str
    bundle: str
    actions_before: int
    actions_after: int
    characters_before: int
    characters_after: int
    replayed: int
    allowed: int
    denied: int
    widened: int
    unknown_kept: int
    confidence: str
    diff: str = ""
    policies: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    status: str = "proven"
    why: str = ""
    is_by_group: bool = False
    held_out: tuple[int, int, int] | None = None
    boundary: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether the numbers bear the word `proven` out: nothing denied, nothing widened."""
        return self.status == "proven" and self.denied == 0 and self.widened == 0


@dataclass(frozen=True, slots=True)
class ReportContent:
    """One night's report. Times are ISO 8601 UTC with Z, or days; `problems` are what failed tonight, `missing` what could not be read."""

    title: str
    as_of: str
    window_start: str
    window_end: str
    accounts: tuple[str, ...] = ()
    books: Books = field(default_factory=Books)
    coverage: tuple[Coverage, ...] = ()
    totals: Totals = field(default_factory=Totals)
    principals: tuple[PrincipalSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    recommendations: tuple[RecommendationSummary, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    outlook: Outlook | None = None


def by_urgency(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return *findings* in the order of every output: severity, check, account, subject, id; a severity we do not know comes last."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    return tuple(
        sorted(
            findings, key=lambda f: (rank.get(f.severity, len(rank)), f.check, f.account_id, f.subject, f.finding_id)
        )
    )


def by_gain(recommendations: tuple[RecommendationSummary, ...]) -> tuple[RecommendationSummary, ...]:
    """Return *recommendations*, those ready to apply first, then by how many actions each would take away."""
    return tuple(
        sorted(recommendations, key=lambda r: (not r.is_ready, r.actions_after - r.actions_before, r.principal))
    )
