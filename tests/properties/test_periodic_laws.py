"""What looks weekly, monthly or quarterly, and what does not."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from iamaudit.recommend.periodic import ENOUGH, PERIODS, in_words, rhythm_of

DAYS = st.dates(date(2024, 1, 1), date(2027, 1, 1))
PERIOD = st.sampled_from(PERIODS)
MONTHS = {"monthly": 1, "quarterly": 3}


@st.composite
def regular(draw, least=ENOUGH):
    """A period and days that keep to it: each distance, and how long each occasion lasts, drawn within its bounds."""
    period = draw(PERIOD)
    days, day = [], draw(DAYS)
    for _ in range(draw(st.integers(least, 8))):
        days += [day + timedelta(days=more) for more in range(draw(st.integers(1, period.lasts)))]
        day += timedelta(days=draw(st.integers(period.shortest, period.longest)))
    return period, days


@given(regular())
def test_regular_days_are_recognised(case):
    period, days = case

    assert (period.name, "high") == (rhythm_of(days).name, rhythm_of(days).confidence)


@given(
    st.integers(2024, 2026), st.integers(1, 12), st.integers(1, 28), st.sampled_from(sorted(MONTHS)), st.integers(3, 9)
)
def test_the_same_date_of_each_month_or_quarter_is_recognised(year, month, day, name, times):
    months = [month - 1 + MONTHS[name] * number for number in range(times)]

    found = rhythm_of([date(year + one // 12, one % 12 + 1, day) for one in months])

    assert (name, times) == (found.name, len(found.occasions))


@given(DAYS, st.integers(1, 400))
def test_use_day_after_day_has_no_rhythm(first, length):
    assert rhythm_of([first + timedelta(days=number) for number in range(length)]) is None


@given(DAYS, st.integers(2, 60))
def test_working_days_have_no_rhythm(first, weeks):
    days = [first + timedelta(days=number) for number in range(7 * weeks)]

    assert rhythm_of([day for day in days if day.weekday() < 5]) is None


@given(st.lists(DAYS, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(days, random):
    shuffled = random.sample(days + days, 2 * len(days))

    assert rhythm_of(days) == rhythm_of(shuffled)


@given(st.one_of(st.lists(DAYS, max_size=6), regular(least=2).map(lambda case: case[1])))
def test_every_distance_of_a_rhythm_fits_its_period(days):
    found = rhythm_of(days)
    assume(found is not None)

    period = found.period
    gaps = [(b - a).days for a, b in zip(found.occasions, found.occasions[1:], strict=False)]
    single = [gap for gap in gaps if period.shortest <= gap <= period.longest]
    assert len(found.occasions) >= (2 if found.name == "quarterly" else ENOUGH)
    assert 3 * len(single) >= 2 * len(gaps)
    assert all(gap <= 2 * period.longest for gap in gaps)
    assert all(any(0 <= (day - start).days < period.lasts for start in found.occasions) for day in days)


@given(regular(), st.data())
def test_one_missed_occasion_lowers_confidence_and_nothing_else(case, data):
    period, days = case
    occasions = rhythm_of(days).occasions
    assume(len(occasions) >= 5)
    missed = data.draw(st.sampled_from(occasions[1:-1]))

    found = rhythm_of([day for day in days if not 0 <= (day - missed).days < period.lasts])

    assert (period.name, "low") == (found.name, found.confidence)


@given(regular(), st.integers(0, 500), st.integers(0, 500))
def test_a_rhythm_that_ended_does_not_come_alive_again(case, after, later):
    found = rhythm_of(case[1])
    now = found.last + timedelta(days=after)

    assert found.is_alive(now) or not found.is_alive(now + timedelta(days=later))


@given(regular(), st.integers(0, 400))
def test_the_words_say_how_long_ago_and_which_rhythm(case, after):
    found = rhythm_of(case[1])

    words = in_words(found, found.last + timedelta(days=after))

    assert words.startswith(f"last used {after} day")
    assert f"looks {found.name}:" in words
