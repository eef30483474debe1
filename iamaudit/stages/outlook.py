"""What a report says beside findings and proposals: read from what the night has worked out and the lake remembers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from iamaudit.config import CHANGES_DAYS
from iamaudit.engine.duck import Engine
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.retire_plan import Retirement
from iamaudit.recommend.score import HeldOut, Score
from iamaudit.report.outlook import EstateHoldout, Outlook, RareUse, Retiring, WeekChange
from iamaudit.stages.held_out import held_out
from iamaudit.stages.history import RecommendationChange, history, in_short
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.retire import retire_plan
from iamaudit.stages.watch import Watched, mentions


def outlook_of(
    engine: Engine, recommendations: Iterable[Recommendation], choices: Choices, watched: Watched | None = None
) -> Outlook:
    """Return what comes beside; *watched* is what was refused since proposals were carried out, None when nobody looked."""
    now = engine.parameters["as_of"]
    changes = history(engine, now - timedelta(days=CHANGES_DAYS)) if isinstance(now, datetime) else []
    plan = retire_plan(engine, choices)
    return Outlook(
        holdout=estate(held_out(engine)),
        rare=tuple(_rare(recommendations)),
        week=tuple(_week(changes)),
        week_in_short=in_short(changes),
        retiring=tuple(_retiring(entry) for entry in plan.retirements),
        not_retired=len(plan.left_out),
        applied=None if watched is None else len(watched.latest),
        refused=() if watched is None else tuple(mentions(watched)),
    )


def estate(found: dict[str, HeldOut]) -> EstateHoldout | None:
    """Add up the latest hold-outs of all principals; None when nobody was in one."""
    if not found:
        return None
    total: dict[int, Score] = {}
    refused = []
    for principal, one in found.items():
        for score in one.scores:
            total[score.learn_days] = total.get(score.learn_days, Score(score.learn_days)) + score
        longest = one.score_for(None)
        if longest is not None and longest.denied_calls:
            refused.append((principal, longest.denied_calls, longest.calls))
    latest = max(one.as_of for one in found.values())
    ordered = sorted(refused, key=lambda entry: (-entry[1], entry[0]))
    return EstateHoldout(
        latest.date().isoformat(), len(found), tuple(total[days] for days in sorted(total)), tuple(ordered)
    )


def _rare(recommendations: Iterable[Recommendation]) -> list[RareUse]:
    """Return one line per principal, action and rhythm, those outside the window first: names that change would repeat it."""
    found: dict[tuple[str, str, bool], list[dict[str, Any]]] = defaultdict(list)
    for entry in recommendations:
        if not entry.shared and entry.certificate is not None:
            for one in entry.certificate.get("periodic", ()):
                found[entry.principal, one["action"], one["is_outside"]].append(one)
    lines = [
        RareUse(principal, action, len({one["resource"] for one in same}), same[0]["rhythm"], outside)
        for (principal, action, outside), same in found.items()
    ]
    return sorted(lines, key=lambda one: (not one.is_outside, "weekly" in one.rhythm, one.principal, one.action))


def _week(changes: Sequence[RecommendationChange]) -> list[WeekChange]:
    by_principal: dict[str, list[RecommendationChange]] = defaultdict(list)
    for change in changes:
        by_principal[change.principal].append(change)
    return [WeekChange(principal, _words(own), own[0].reason) for principal, own in sorted(by_principal.items())]


def _words(own: Sequence[RecommendationChange]) -> str:
    """Count one principal's changes; one of the whole recommendation needs no number."""
    return in_short(own).removeprefix("1 ") if len(own) == 1 and own[0].action is None else in_short(own)


def _retiring(entry: Retirement) -> Retiring:
    days = {step.what: step.due.isoformat() for step in entry.steps}
    return Retiring(
        entry.idle.arn,
        entry.idle.account_id,
        entry.idle.title,
        days.get("notify", ""),
        days.get("disable", ""),
        days.get("delete", ""),
    )
