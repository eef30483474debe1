"""The night evaluates once in some days, remembers it, and never fails for want of history."""

from datetime import timedelta

import pytest

from iamaudit.config import EvaluateConfig
from iamaudit.errors import ConfigError
from iamaudit.recommend.choices import Choices
from iamaudit.stages import evaluate_due
from iamaudit.stages.evaluate_due import evaluate_when_due, last_evaluated
from iamaudit.stages.holdout import evaluate
from iamaudit.stages.instants import moment
from tests.unit.stages.small_account import SETTINGS, SmallAccount, call, days

AS_OF = moment("2026-05-01", now=None)
CALLS = [call(day, "daily") for day in days("2026-04-01", "2026-05-10")]


@pytest.fixture(scope="module")
def made_once():
    with SmallAccount(CALLS) as account:
        yield account


@pytest.fixture
def account(made_once):
    with made_once.copy() as account:
        yield account


@pytest.fixture
def made(monkeypatch):
    """Count the evaluations, shortened to one length and one test."""
    times = []

    def short(lake, settings, as_of, *, choices):
        times.append(as_of)
        return evaluate(lake, settings, as_of, lengths=(20,), test_days=7, folds=1, choices=choices)

    monkeypatch.setattr(evaluate_due, "evaluate", short)
    return times


def night(account, day, every_days=7):
    wanted = EvaluateConfig(every_days=every_days)
    return evaluate_when_due(account.lake, SETTINGS, AS_OF + timedelta(days=day), wanted, Choices())


def test_the_first_night_evaluates_and_the_lake_remembers_when(account, made):
    before = last_evaluated(account.lake, SETTINGS, AS_OF)

    words = night(account, 0)

    assert (None, AS_OF) == (before, last_evaluated(account.lake, SETTINGS, AS_OF))
    assert words.startswith("policies learnt from 20 days would have denied 0 of 7 later calls; ")


def test_it_is_done_again_only_after_the_days_that_were_set(account, made):
    words = [night(account, day, every_days=7) for day in (0, 1, 6, 7, 8)]

    assert [AS_OF, AS_OF + timedelta(days=7)] == made
    assert "evaluated on 2026-05-01, the next time from 2026-05-08 on" == words[1] == words[2]


@pytest.mark.slow
def test_a_night_that_is_repeated_for_an_earlier_day_does_not_know_the_later_evaluation(account, made):
    night(account, 7)

    night(account, 0)

    assert [AS_OF + timedelta(days=7), AS_OF] == made


@pytest.mark.slow
def test_too_few_days_are_an_answer_and_no_failure():
    with SmallAccount([call("2026-04-28", "daily")]) as account:
        words = night(account, 0)

        assert words.startswith("not evaluated: ")
        assert "too few" in words
        assert last_evaluated(account.lake, SETTINGS, AS_OF) is None


@pytest.mark.parametrize(
    "wrong", [{"every_days": 0}, {"every_days": "7"}, {"enabled": "yes"}], ids=["none", "text", "word"]
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ConfigError):
        EvaluateConfig(**wrong)
