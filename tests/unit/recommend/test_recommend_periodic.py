"""Rhythms by example."""

from __future__ import annotations

from datetime import date

from iamaudit.recommend.periodic import in_words, rhythm_of

QUARTERLY = (date(2026, 4, 2), date(2026, 7, 1), date(2026, 9, 30))


def test_a_quarterly_job_is_named_with_its_days():
    words = in_words(rhythm_of(QUARTERLY), date(2026, 12, 1))

    assert "last used 62 days ago, looks quarterly: 2 Apr, 1 Jul, 30 Sep" == words


def test_two_occasions_make_a_quarterly_use_of_low_confidence():
    words = in_words(rhythm_of([date(2025, 10, 1), date(2026, 1, 2)]), date(2026, 3, 1))

    assert "last used 58 days ago, looks quarterly, from 2 occasions only: 1 Oct 2025, 2 Jan 2026" == words


def test_two_occasions_a_month_apart_are_no_rhythm():
    assert rhythm_of([date(2026, 4, 1), date(2026, 5, 1)]) is None


def test_a_job_that_runs_over_midnight_is_one_occasion():
    days = [date(2026, month, day) for month in (4, 5, 6) for day in (1, 2)]

    assert "monthly" == rhythm_of(days).name


def test_the_first_monday_of_the_month_is_monthly():
    days = [date(2026, 1, 5), date(2026, 2, 2), date(2026, 3, 2), date(2026, 4, 6), date(2026, 5, 4)]

    assert "monthly" == rhythm_of(days).name


def test_a_rhythm_has_ended_after_two_missed_occasions():
    found = rhythm_of(QUARTERLY)

    assert found.is_alive(date(2027, 4, 10))
    assert not found.is_alive(date(2027, 5, 1))


def test_only_the_last_occasions_of_a_long_rhythm_are_named():
    days = [date(2026, month, 1) for month in range(1, 9)]

    words = in_words(rhythm_of(days), date(2026, 8, 2))

    assert "last used 1 day ago, looks monthly: … 1 May, 1 Jun, 1 Jul, 1 Aug" == words


def test_one_day_and_no_day_are_no_rhythm():
    assert rhythm_of([date(2026, 1, 1)]) is None
    assert rhythm_of([]) is None
