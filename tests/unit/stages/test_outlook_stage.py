"""What the page says beside proposals is what the lake and the certificates tell."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from iamaudit.recommend.choices import Choices
from iamaudit.recommend.score import HeldOut, Score
from iamaudit.stages.holdout import evaluate, remember
from iamaudit.stages.instants import moment
from iamaudit.stages.outlook import estate, outlook_of
from iamaudit.stages.recommend import recommend
from iamaudit.stages.workbench import engine_on
from tests.unit.stages.small_account import SETTINGS, SmallAccount, call, days

AS_OF = moment("2026-05-01", now=None)
counts = st.integers(0, 50)


@st.composite
def scores(draw, length):
    uses, calls = draw(counts), draw(counts)
    return Score(length, uses, calls, draw(st.integers(0, uses)), draw(st.integers(0, calls)), 0, draw(counts))


@st.composite
def held(draw):
    lengths = sorted(draw(st.sets(st.sampled_from([30, 60, 90]), min_size=1)))
    at = datetime(2026, 5, draw(st.integers(1, 28)), tzinfo=UTC)
    return HeldOut(at, tuple(draw(scores(length)) for length in lengths), "")


@given(st.dictionaries(st.text(max_size=3), held(), max_size=5))
def test_the_estate_is_the_sum_of_its_principals(found):
    whole = estate(found)

    if not found:
        assert whole is None
        return
    every = [score for one in found.values() for score in one.scores]
    for name in ("uses", "calls", "denied_uses", "denied_calls", "unjudged"):
        assert sum(getattr(one, name) for one in every) == sum(getattr(one, name) for one in whole.scores)
    assert sorted({one.learn_days for one in every}) == [one.learn_days for one in whole.scores]
    assert max(one.as_of for one in found.values()).date() == date.fromisoformat(whole.as_of)
    assert all(denied > 0 for _, denied, _ in whole.refused)


def test_a_lake_tells_its_hold_out_rhythms_and_new_recommendations(tmp_path):
    weekly = [call(day, "books") for day in ("2026-04-06", "2026-04-13", "2026-04-20", "2026-04-27")]
    daily = [call(day, "daily") for day in days("2026-03-01", "2026-04-30")]
    with SmallAccount([*daily, *weekly]) as account:
        remember(account.lake, evaluate(account.lake, SETTINGS, AS_OF, lengths=(20,), test_days=7, folds=1))
        with engine_on(account.lake, SETTINGS, AS_OF) as engine:
            results = recommend(engine, tmp_path, workers=1)
            found = outlook_of(engine, results, Choices())

    assert "2026-05-01" == found.holdout.as_of
    assert [(20, 0)] == [(one.learn_days, one.denied_calls) for one in found.holdout.scores]
    assert any("looks weekly" in one.rhythm and not one.is_outside for one in found.rare)
    assert found.applied is None
    assert "nothing changed" == found.week_in_short
