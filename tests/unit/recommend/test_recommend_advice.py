"""Which window to learn from, by the scores of several."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.holdout import Surprise, advice
from iamaudit.recommend.score import HeldOut, Score

USE = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")


def surprise(days, seen_before=None):
    return Surprise("role/a", USE, 1, "new_action", days, date(2026, 6, 1), seen_before)


def scores(*denied, uses=1000):
    return [Score(30 * number, uses, uses, count, count) for number, count in enumerate(denied, 1)]


def test_the_shortest_window_that_is_as_good_as_the_longest_is_advised():
    found = advice(scores(9, 2, 1), [surprise(90)], has_older_logs=True)

    assert (60, False) == (found.learn_days, found.longer_helps)


def test_a_tolerance_of_nothing_takes_the_longest_when_it_is_the_best():
    found = advice(scores(9, 2, 1), [surprise(90)], has_older_logs=True, tolerance=0)

    assert 90 == found.learn_days


def test_only_what_the_longest_window_denied_speaks_for_a_longer_one():
    of_shorter = [surprise(30, date(2026, 1, 1)), surprise(90)]

    assert advice(scores(9, 2, 1), of_shorter, has_older_logs=True).longer_helps is False
    assert advice(scores(9, 2, 1), [surprise(90, date(2026, 1, 1))], has_older_logs=True).longer_helps is True


def test_without_any_later_use_there_is_no_advice():
    found = advice([Score(30), Score(60, unjudged=2)], [], has_older_logs=True)

    assert (None, None, "no later use to judge by") == (found.learn_days, found.longer_helps, found.words)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=5), st.floats(0, 1), st.booleans())
def test_the_window_advised_is_never_worse_than_tolerated(denied, tolerance, older):
    given_scores = scores(*denied, uses=100)

    found = advice(given_scores, [surprise(30 * len(denied))], has_older_logs=older, tolerance=tolerance)

    by_days = {score.learn_days: score.share for score in given_scores}
    assert by_days[found.learn_days] <= given_scores[-1].share + tolerance
    assert all(share > given_scores[-1].share + tolerance for days, share in by_days.items() if days < found.learn_days)


def test_a_certificate_takes_the_score_of_the_longest_window_that_is_no_longer_than_its_own():
    held_out = HeldOut(date(2026, 6, 1), (Score(30, 5, 5), Score(60, 5, 5), Score(90)), "")

    assert [60, 30, None] == [
        None if (score := held_out.score_for(days)) is None else score.learn_days for days in (90, 59, 29)
    ]
