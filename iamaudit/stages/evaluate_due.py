"""evaluate, in the night: once in some days, since learning and replaying at every length costs more than a night."""

from __future__ import annotations

from datetime import datetime, timedelta

from iamaudit.config import EvaluateConfig, Settings
from iamaudit.errors import ConfigError
from iamaudit.lake.lake import Lake
from iamaudit.proof.confidence import Confidence
from iamaudit.recommend.choices import Choices
from iamaudit.stages.holdout import evaluate, remember
from iamaudit.stages.workbench import engine_on


def evaluate_when_due(lake: Lake, settings: Settings, as_of: datetime, wanted: EvaluateConfig, choices: Choices) -> str:
    """Evaluate and remember the scores unless the lake has an evaluation younger than `every_days`; say what was done.

    A lake with too few days is no failure: the sentence says so.
    """
    last = last_evaluated(lake, settings, as_of)
    if last is not None and as_of - last < timedelta(days=wanted.every_days):
        return f"evaluated on {last.date()}, the next time from {(last + timedelta(days=wanted.every_days)).date()} on"
    try:
        found = evaluate(lake, settings, as_of, choices=choices)
    except ConfigError as error:
        return f"not evaluated: {error}"
    remember(lake, found)
    return _in_words(found)


def last_evaluated(lake: Lake, settings: Settings, as_of: datetime) -> datetime | None:
    """Return when the latest evaluation that the lake remembers was made, not after *as_of*."""
    with engine_on(lake, settings, as_of) as engine:
        query = "select max(captured_at) as last from holdouts where captured_at <= $as_of"
        last: datetime | None = engine.query(query, {"as_of": as_of}).to_pylist()[0]["last"]
        return last


def _in_words(found: Confidence) -> str:
    scores = [score for score in found.scores if score.calls]
    if not scores:
        return "evaluated: nothing could be judged"
    longest = max(scores, key=lambda score: score.learn_days)
    return (
        f"policies learnt from {longest.learn_days} days would have denied {longest.denied_calls:,} of {longest.calls:,} "
        f"later calls; {found.advice.words}"
    )
