"""evaluate: how well policies learnt from earlier days fit the later ones, at several window lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import pyarrow as pa

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.errors import ConfigError
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.lake import Lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.ports import Progress
from iamaudit.proof.confidence import Confidence, PrincipalConfidence
from iamaudit.proof.holdout import LastUse, Test, held_out
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import ObservedUse, PrincipalEvidence
from iamaudit.recommend.holdout import TOLERANCE, Advice, advice
from iamaudit.recommend.periodic import in_words
from iamaudit.recommend.score import Score
from iamaudit.stages.contexts import Contexts
from iamaudit.stages.evidence import Unreadable, gather, observed_use
from iamaudit.stages.past import Past
from iamaudit.stages.proposals import proposal_of
from iamaudit.stages.rhythms import Rhythms, rhythms

LENGTHS: Final = (30, 60, 90)
TEST_DAYS: Final = 14
FOLDS: Final = 2
OLDER_DAYS: Final = 30  # before the longest window: fewer cannot tell whether a longer one would help
_LAST_USE = (
    "select principal, action, resource, max(dt)::date as last from principal_uses where dt < $start group by all"
)


def evaluate(
    lake: Lake,
    settings: Settings,
    as_of: datetime,
    *,
    lengths: Sequence[int] = LENGTHS,
    test_days: int = TEST_DAYS,
    folds: int = FOLDS,
    tolerance: float = TOLERANCE,
    choices: Choices | None = None,
    only: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> Confidence:
    """Learn from each length before each of the last *folds* stretches of *test_days*, and replay the stretch.

    Only lengths for which the lake has all days before every test kept are compared, and all of them on the same tests.
    Raises ConfigError when the lake has too few days for any of them.
    """
    _check(lengths, test_days, folds)
    wanted = choices or Choices(keep_unknown=settings.keep_unknown)
    with Past(lake, settings, as_of) as past:
        tests, tried = _plan(past.first_day, as_of.date(), sorted(set(lengths)), test_days, folds)
        found: dict[tuple[str, str], list[Test]] = {}
        now = rhythms(past.at(as_of.date(), settings.window_days))
        steps = len(tests) * len(tried)
        for done, (length, start, end) in enumerate(((n, *test) for test in tests for n in tried), 1):
            for account, test in _tests(past, length, start, end, now, wanted, only):
                found.setdefault((account, test.principal), []).append(test)
            if progress is not None:
                progress(done, steps, "hold-out tests")
        has_older = past.first_day is not None and past.first_day <= tests[0][0] - timedelta(
            days=tried[-1] + OLDER_DAYS
        )
    judge = partial(advice, has_older_logs=has_older, tolerance=tolerance)
    principals = tuple(_of_principal(*key, results, tried, judge) for key, results in sorted(found.items()))
    every = [test for results in found.values() for test in results]
    told = judge(_comparable(every, tried), [one for test in every for one in test.surprises])
    return Confidence(as_of, tests, tolerance, _by_length(every, tried), told, principals)


def remember(lake: Lake, found: Confidence) -> None:
    """Write the scores into the lake's state, for the certificates of later nights."""
    rows = [
        {
            "captured_at": found.as_of,
            "account_id": one.account_id,
            "principal": one.principal,
            **score.as_json(),
            "advice": one.advice.words,
        }
        for one in found.principals
        for score in one.scores
    ]
    table = pa.Table.from_pylist(rows, schema=STATE_SCHEMAS["holdouts"])
    write_state(lake, {"holdouts": table}, captured_at=found.as_of, accounts={}, missing=())


def _check(lengths: Sequence[int], test_days: int, folds: int) -> None:
    if not lengths or min(*lengths, test_days, folds, 10**6) < 1:
        raise ConfigError("a hold-out needs learning windows, test days and tests of 1 or more: `--learn 30 --test 14`")


def _plan(
    first: date | None, end: date, lengths: Sequence[int], test_days: int, folds: int
) -> tuple[tuple[tuple[date, date], ...], tuple[int, ...]]:
    """Return the tests, oldest first, and the lengths that fit before all of them.

    The longest length that fits before the latest test decides how many tests there can be.
    """
    step = timedelta(days=test_days)
    fitting = tuple(n for n in lengths if first is not None and first <= end - step - timedelta(days=n))
    if first is None or not fitting:
        has = 0 if first is None else (end - first).days
        raise ConfigError(
            f"the lake has {has} days of use before {end}, too few to learn from {min(lengths)} and test on {test_days}: "
            "give shorter ones, like `--learn 14 --test 7`, or ingest older logs"
        )
    tests = [(end - step * (number + 1), end - step * number) for number in range(folds)]
    longest = timedelta(days=fitting[-1])
    return tuple(reversed([test for test in tests if first <= test[0] - longest])), fitting


def _tests(
    past: Past, length: int, start: date, end: date, now: Rhythms, choices: Choices, only: frozenset[str]
) -> Iterator[tuple[str, Test]]:
    """Yield (account, test) of everybody who used something in the test."""
    later = _later(past.at(end, (end - start).days), only)
    engine = past.at(start, length)
    last_used = _last_used(engine)
    actions = catalogue()
    for gathered in gather(engine, choices):
        if isinstance(gathered, Unreadable) or gathered.arn not in later:
            continue
        learned = _as_if_old(gathered)
        test = held_out(
            learned,
            proposal_of(learned, actions, choices),
            later[learned.arn],
            actions,
            learn_days=length,
            test_start=start,
            last_used=last_used.get(learned.arn, {}),
        )
        yield learned.account_id, _with_rhythms(test, now)


def _as_if_old(learned: PrincipalEvidence) -> PrincipalEvidence:
    """Let no grant be fresh: today's stand for those of the earlier days, when they may not have been there yet."""
    current = tuple(replace(one, fresh="", settled=None) for one in learned.current)
    return replace(learned, current=current, fresh=())


def _later(engine: Engine, only: frozenset[str]) -> dict[str, list[ObservedUse]]:
    found: dict[str, list[ObservedUse]] = {}
    contexts = Contexts(engine)
    for row in engine.table("observed_uses").to_pylist():
        if not only or row["principal"] in only:
            found.setdefault(row["principal"], []).extend(
                contexts.around(row["account_id"], row["principal"], [observed_use(row)])
            )
    return found


def _last_used(engine: Engine) -> Mapping[str, LastUse]:
    """Return by principal when a use was last seen before the window, alone and by its action."""
    found: dict[str, dict[tuple[str, str | None], date]] = {}
    for row in engine.query(_LAST_USE, {"start": engine.parameters["window_start"]}).to_pylist():
        own = found.setdefault(row["principal"], {})
        own[row["action"], row["resource"]] = row["last"]
        own[row["action"], None] = max(row["last"], own.get((row["action"], None), row["last"]))
    return found


def _with_rhythms(test: Test, now: Rhythms) -> Test:
    """Name the rhythm of what would have been denied, by all that is known now."""
    named = []
    for one in test.surprises:
        rhythm = now.of(test.principal, one.use.action, one.use.resource)
        named.append(one if rhythm is None else replace(one, rhythm=in_words(rhythm, now.today)))
    return replace(test, surprises=tuple(named))


def _of_principal(
    account: str, arn: str, tests: Sequence[Test], lengths: Sequence[int], judge: Callable[..., Advice]
) -> PrincipalConfidence:
    surprises = tuple(one for test in tests for one in test.surprises)
    told = judge(_comparable(tests, lengths), surprises)
    return PrincipalConfidence(arn, account, _by_length(tests, lengths), surprises, told)


def _by_length(tests: Iterable[Test], lengths: Sequence[int]) -> tuple[Score, ...]:
    total = {length: Score(length) for length in lengths}
    for test in tests:
        total[test.score.learn_days] += test.score
    return tuple(total.values())


def _comparable(tests: Sequence[Test], lengths: Sequence[int]) -> tuple[Score, ...]:
    """Add up the tests that were judged at every length, so that lengths are compared on the same calls.

    When there are none, what was judged at all is all there is.
    """
    judged: dict[tuple[str, date], int] = {}
    for test in tests:
        judged[test.principal, test.test_start] = judged.get((test.principal, test.test_start), 0) + (
            not test.score.unjudged
        )
    fair = [test for test in tests if judged[test.principal, test.test_start] == len(lengths)]
    return _by_length(fair or tests, lengths)
