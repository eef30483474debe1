"""What the proposals take away, for somebody who decides and reads no policies: numbers before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.knowledge.escalation import escalation_actions
from iamaudit.model.arn import parse_arn
from iamaudit.report.content import RecommendationSummary
from iamaudit.report.risk import Risk, risk_of, within
from iamaudit.report.visible import middle_cut, one_line

_BAR: Final = 40
_TOP: Final = 10
Number = Callable[[Risk], int]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number before and after."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Losing:
    """A principal that can escalate less after its proposal; `lost` and `kept` are actions, the furthest reaching first."""

    principal: str
    lost: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """The proven proposals of one account, and how many principals have none."""

    account_id: str
    proven: int
    without: int
    actions: Measure
    escalation: Measure
    unknown_kept: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All proven proposals together. `unread` counts those with a policy whose risk cannot be read.

    `by_group` counts, apart, principals with nothing of their own to change: what becomes smaller are their groups' policies.
    """

    proven: int
    without: int
    by_group: int
    measures: tuple[Measure, ...]
    unknown_kept: int
    accounts: tuple[Account, ...]
    losing: tuple[Losing, ...]
    unread: int
    is_bounded: bool = False  # permissions boundaries were proposed, around policies that stay

    @property
    def actions(self) -> Measure:
        """Granted actions, the first measure."""
        return self.measures[0]


def summarise(recommendations: Iterable[RecommendationSummary]) -> Summary:
    """Return the numbers of the proposals that are ready; principals without one are counted, and change nothing."""
    every = list(recommendations)
    ready = [one for one in every if one.is_ready and not one.is_by_group]
    risks = {one.principal: (risk_of(one.current), _risk_after(one)) for one in ready}
    both = [(before, after) for before, after in risks.values() if before is not None and after is not None]
    losing = sorted(
        (_losing(one.principal, *risks[one.principal]) for one in ready),
        key=lambda one: (-len(one.lost), one.principal),
    )
    without = Counter(account_of(one.principal) for one in every if not one.is_ready)
    accounts = sorted({*without, *(account_of(one.principal) for one in ready)})
    return Summary(
        proven=len(ready),
        without=sum(without.values()),
        by_group=sum(one.is_ready and one.is_by_group for one in every),
        measures=(
            _actions(ready),
            _measure("principals that may do everything on everything", both, lambda risk: int(risk.is_admin)),
            _measure("action patterns with wildcards", both, lambda risk: risk.wildcards),
            _measure("principals that could give themselves more", both, lambda risk: int(bool(risk.escalation))),
            _escalation(both),
        ),
        unknown_kept=sum(one.unknown_kept for one in ready),
        accounts=tuple(_account(name, ready, risks, without[name]) for name in accounts),
        losing=tuple(one for one in losing if one.lost),
        unread=len(risks) - len(both),
        is_bounded=any(one.boundary for one in every),
    )


def _risk_after(one: RecommendationSummary) -> Risk | None:
    after = risk_of(one.policies)
    around = risk_of([one.boundary]) if one.boundary else None
    if not one.boundary:
        return after
    return None if after is None or around is None else within(after, around)


def render_summary(summary: Summary) -> str:
    """Return the page as Markdown; text from logs is made visible and cannot end a table cell."""
    lines = [
        "# What the proposals take away",
        "",
        (
            f"For {summary.proven:,} of {summary.proven + summary.by_group + summary.without:,} principals {_proven(summary)}: every "
            "observed call is still allowed, and nothing is newly allowed. The numbers are of these; the others stay as they are."
        ),
        *_by_group(summary),
        "",
        "| | before | after |",
        "|---|---:|---:|",
        *(f"| {one.name} | {one.before:,} | {one.after:,} |" for one in summary.measures),
        f"| kept because the logs cannot show their use | | {summary.unknown_kept:,} |",
        "",
        "```",
        *bars(summary.actions),
        "```",
        "",
    ]
    if summary.unread:
        lines += [f"The policies of {summary.unread:,} principals could not be read for the risks.", ""]
    lines += [
        "## By account",
        "",
        "| account | proven | without | actions before | after | escalating before | after | kept, unknown |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {_cell(one.account_id)} | {one.proven:,} | {one.without:,} | {one.actions.before:,} | {one.actions.after:,} "
            f"| {one.escalation.before:,} | {one.escalation.after:,} | {one.unknown_kept:,} |"
            for one in summary.accounts
        ),
        "",
    ]
    if summary.losing:
        lines += ["## Who can no longer give themselves more", ""]
        lines += [f"- {_losing_line(one)}" for one in summary.losing[:_TOP]]
        if len(summary.losing) > _TOP:
            lines.append(f"- and {len(summary.losing) - _TOP:,} further principals")
        lines += [
            "",
            (
                "Escalating are the actions with which somebody can get more than was given (`iam:PassRole`, "
                "`iam:PutRolePolicy`, …); whether one succeeds hangs on resources, conditions and a second action."
            ),
            "",
        ]
    return "\n".join(lines)


def _proven(summary: Summary) -> str:
    if summary.is_bounded:
        return "a permissions boundary around today's policies, which stay, is proven"
    return "smaller policies are proven"


def _by_group(summary: Summary) -> list[str]:
    if not summary.by_group:
        return []
    if summary.is_bounded:
        who = "1 of the others is a role" if summary.by_group == 1 else f"{summary.by_group:,} of the others are roles"
        return ["", f"{who} of Identity Center: a boundary is the permission set's to have."]
    who = "1 of the others gets" if summary.by_group == 1 else f"{summary.by_group:,} of the others get"
    return ["", f"{who} less through groups and permission sets only: see the bundles of those."]


def bars(measure: Measure) -> list[str]:
    """Return two lines of bars whose lengths are to each other as the numbers; something never becomes nothing."""
    most = max(measure.before, measure.after, 1)
    lines = []
    for name, value in (("before", measure.before), ("after", measure.after)):
        length = max(round(_BAR * value / most), 1 if value else 0)
        lines.append(f"{name:<7}{'█' * length:<{_BAR}} {value:,}")
    return lines


def account_of(principal: str) -> str:
    """Return the account of a principal's ARN, or an empty text."""
    parts = parse_arn(principal)
    return parts.account if parts else ""


def _actions(ready: Sequence[RecommendationSummary]) -> Measure:
    before, after = (sum(one.actions_before for one in ready), sum(one.actions_after for one in ready))
    return Measure("granted actions", before, after)


def _escalation(both: Iterable[tuple[Risk, Risk]]) -> Measure:
    return _measure("actions with which one could (per principal)", both, lambda risk: len(risk.escalation))


def _measure(name: str, both: Iterable[tuple[Risk, Risk]], number: Number) -> Measure:
    pairs = list(both)
    return Measure(name, sum(number(before) for before, _ in pairs), sum(number(after) for _, after in pairs))


def _account(
    account_id: str,
    ready: Iterable[RecommendationSummary],
    risks: dict[str, tuple[Risk | None, Risk | None]],
    without: int,
) -> Account:
    own = [one for one in ready if account_of(one.principal) == account_id]
    pairs = [risks[one.principal] for one in own]
    both = [(before, after) for before, after in pairs if before is not None and after is not None]
    unknown = sum(one.unknown_kept for one in own)
    return Account(account_id, len(own), without, _actions(own), _escalation(both), unknown)


def _losing(principal: str, before: Risk | None, after: Risk | None) -> Losing:
    had = before.escalation if before is not None and after is not None else frozenset()
    has = after.escalation if after is not None else frozenset()
    by_reach = escalation_actions()
    lost, kept = (tuple(action for action in by_reach if action in some) for some in (had - has, had & has))
    return Losing(principal, lost, kept)


def _losing_line(one: Losing) -> str:
    shown = ", ".join(f"`{action}`" for action in one.lost[:4])
    more = f" and {len(one.lost) - 4} more" if len(one.lost) > 4 else ""
    kept = f"; keeps {len(one.kept)}" if one.kept else ""
    return f"`{_cell(one.principal)}`: no more {shown}{more}{kept}"


def _cell(text: str) -> str:
    return middle_cut(one_line(text), 120).replace("|", "\\|").replace("`", "'")
