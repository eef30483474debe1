"""A policy that is learnt from earlier days is asked for later ones: what it would have denied, and why."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import date

import pytest

from iamaudit.errors import ConfigError
from iamaudit.report.confidence import confidence_markdown
from iamaudit.stages.evidence import gather
from iamaudit.stages.holdout import evaluate, remember
from iamaudit.stages.instants import moment
from iamaudit.stages.past import Past
from tests.unit.stages.small_account import ANN, BOB, SETTINGS, SmallAccount, call, days

NO_UNKNOWN = replace(SETTINGS, keep_unknown=False)
OLD = call("2026-01-01", "daily")  # the lake has older logs than any window needs
DAILY = [OLD, *(call(day, "daily") for day in days("2026-03-28", "2026-04-30"))]
AS_OF = "2026-05-01"


@pytest.fixture(scope="module")
def daily():
    """The lake of every day's calls, made once; older logs are not in it."""
    with SmallAccount(DAILY[1:]) as account:
        yield account


@pytest.fixture
def with_daily(daily):
    """Return a lake that has calls beside those of every day, and older logs."""
    with ExitStack() as stack:

        def read(*calls, older=(OLD,)):
            account = stack.enter_context(daily.copy())
            account.more(*older, *calls)
            return account

        yield read


def run(account, **options):
    chosen = {"lengths": (5, 24), "test_days": 10, "folds": 1, **options}
    return evaluate(account.lake, chosen.pop("settings", NO_UNKNOWN), moment(AS_OF, now=None), **chosen)


def of_ann(found):
    return next(one for one in found.principals if one.principal == ANN)


def counts(scores):
    return [(one.learn_days, one.denied_calls, one.calls, one.denied_uses, one.uses) for one in scores]


def test_what_was_used_all_along_is_allowed_later(with_daily):
    found = run(with_daily())

    assert [(5, 0, 10, 0, 1), (24, 0, 10, 0, 1)] == counts(found.scores)
    assert (
        "5 days do as well as 24; after learning from 24 nothing of the later days would have been denied"
        == found.advice.words
    )


def test_a_rare_job_needs_a_window_that_holds_it(with_daily):
    twice = [call(day, "books", event="GetBucketTagging") for day in ("2026-04-05", "2026-04-25")]

    found = run(with_daily(*twice))

    (surprise,) = found.principals[0].surprises
    assert [(5, 1, 11, 1, 2), (24, 0, 11, 0, 2)] == counts(found.scores)
    assert ("new_action", 5, date(2026, 4, 5)) == (surprise.kind, surprise.learn_days, surprise.seen_before)
    assert 24 == found.advice.learn_days
    assert "a longer window would have had it" in surprise.why


def test_a_longer_window_than_the_longest_would_help_when_the_use_is_older(with_daily):
    yearly = [
        call("2026-01-05", "books", event="GetBucketTagging"),
        call("2026-04-25", "books", event="GetBucketTagging"),
    ]

    found = run(with_daily(*yearly))

    assert found.advice.longer_helps is True
    assert found.advice.words.endswith("a longer window would have had 1 of the 1 denied uses")


def test_what_was_never_done_before_no_window_would_have_had(with_daily):
    found = run(with_daily(call("2026-04-25", "new", event="GetBucketTagging")))

    assert found.advice.longer_helps is False
    assert found.advice.words.endswith("a longer window would not help: what is denied was new")


def test_without_older_logs_nobody_knows_whether_a_longer_window_would_help(with_daily):
    found = run(with_daily(call("2026-04-25", "new", event="GetBucketTagging"), older=()))

    assert found.advice.longer_helps is None
    assert "no older logs" in found.advice.words


@pytest.mark.slow
def test_a_new_resource_of_a_known_action_is_told_apart(with_daily):
    found = run(with_daily(call("2026-04-25", "other"), call("2026-04-26", "other")))

    surprise = found.principals[0].surprises[0]
    assert ("new_resource", "arn:aws:s3:::other", 2) == (surprise.kind, surprise.use.resource, surprise.calls)


@pytest.mark.slow
def test_a_grant_that_is_younger_than_the_earlier_days_is_judged_as_if_it_were_old():
    """Else everything that was attached since would be kept as fresh, and nothing would ever be denied."""
    attached = {
        **call("2026-04-22", event="PutBucketPolicy", user="bob"),
        "eventSource": "iam.amazonaws.com",
        "eventName": "AttachUserPolicy",
        "requestParameters": {"userName": "ann", "policyArn": "arn:aws:iam::111122223333:policy/p"},
    }
    with SmallAccount([*DAILY, attached, call("2026-04-25", "new", event="GetBucketTagging")]) as account:
        with account.engine("2026-04-23") as engine:
            fresh = [one.fresh for one in next(e for e in gather(engine) if e.arn == ANN).current]
        found = run(account)

    assert all(fresh), "the grant is not fresh: the test proves nothing"
    assert 1 == next(one for one in found.principals if one.principal == ANN).scores[-1].denied_uses


@pytest.mark.slow
def test_what_today_refuses_is_not_asked():
    only_policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetBucketPolicy", "Resource": "*"},
    }
    calls = [*DAILY, call("2026-04-25", "daily", event="GetBucketTagging"), call("2026-04-01", "other")]
    with SmallAccount(calls, document=only_policy) as account:
        found = run(account)

    assert 0 == sum(score.denied_calls for score in found.scores)


@pytest.mark.slow
def test_a_denied_call_is_no_later_use(with_daily):
    found = run(with_daily(call("2026-04-25", "x", event="GetBucketTagging", error="AccessDenied")))

    assert 0 == sum(score.denied_calls for score in found.scores)


@pytest.mark.slow
def test_who_does_nothing_later_costs_nothing_and_who_had_done_nothing_is_refused(with_daily):
    found = run(with_daily(call("2026-04-25", "bobs", user="bob")))

    bob = next(one for one in found.principals if one.principal == BOB)
    assert [(5, 1, 1, 1, 1), (24, 1, 1, 1, 1)] == counts(bob.scores)
    assert 2 == len(found.principals)


@pytest.mark.slow
def test_the_learning_window_knows_what_a_lake_without_the_later_days_knows():
    """The oracle: cut the logs off, and gather as of that day."""
    calls = [*DAILY, *(call(day, "x", user="bob") for day in days("2026-03-30", "2026-04-28"))]
    with SmallAccount(calls) as whole, SmallAccount([one for one in calls if one["eventTime"] < "2026-04-11"]) as cut:
        with Past(whole.lake, SETTINGS, moment(AS_OF, now=None)) as past:
            for other in (date(2026, 4, 21), date(2026, 4, 1)):  # asked about other days before
                list(gather(past.at(other, 10)))
            learned = list(gather(past.at(date(2026, 4, 11), 60)))
        with cut.engine("2026-04-11") as engine:
            known = list(gather(engine))

    assert known == learned
    assert 14 == sum(use.count for use in learned[0].uses)


@pytest.mark.slow
def test_only_tests_that_the_logs_reach_are_made(with_daily):
    found = run(with_daily(), lengths=(5, 90, 365), folds=9)

    assert [5, 90] == [one.learn_days for one in found.scores]
    assert (date(2026, 4, 1), date(2026, 4, 11)) == found.tests[0]


@pytest.mark.slow
def test_a_lake_with_too_few_days_says_what_to_do(with_daily):
    with pytest.raises(ConfigError, match=r"has 120 days .* give shorter ones"):
        run(with_daily(), lengths=(365,))


@pytest.mark.slow
def test_the_scores_are_remembered_and_stand_in_the_evidence_of_later_nights(with_daily):
    twice = [call(day, "books", event="GetBucketTagging") for day in ("2026-04-05", "2026-04-25")]
    account = with_daily(*twice)

    remember(account.lake, run(account))
    with account.engine("2026-05-03") as later, account.engine("2026-04-30") as earlier:
        after, before = (next(e for e in gather(one) if e.arn == ANN) for one in (later, earlier))

    assert [(5, 1, 11, 1, 2), (24, 0, 11, 0, 2)] == counts(after.held_out.scores)
    assert before.held_out is None


@pytest.mark.slow
def test_the_page_has_a_line_for_each_denied_call_and_no_name_breaks_it(with_daily):
    content = run(with_daily(call("2026-04-25", "a|b`c", event="GetBucketTagging"))).as_json()

    page = confidence_markdown(json.loads(json.dumps(content)))

    assert "| 24 days | 2026-04-21 | `s3:GetBucketTagging` on `arn:aws:s3:::a\\|b'c` | 1 |" in page
    assert "| 5 days | 2 | 1 | 11 | 1 | 0 | 0 | 0 |" in page


@pytest.mark.slow
def test_a_denied_use_that_may_not_have_been_needed_is_counted_apart():
    """A PartiQL statement that the record leaves out may be any of four: none of them is surely denied."""
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"},
    }
    statement = {
        **call("2026-04-25", event="ExecuteStatement"),
        "eventSource": "dynamodb.amazonaws.com",
        "requestParameters": None,
    }
    with SmallAccount([*DAILY, statement], document=document) as account:
        found = run(account)

    of_all = found.scores[-1]
    assert [(5, 0, 10, 0, 1), (24, 0, 10, 0, 1)] == counts(found.scores)
    assert 4 == of_all.denied_doubtful
    assert all("nothing says for sure that a call needed it" in one.why for one in of_ann(found).surprises)
    assert "24 nothing of the later days would have been denied" in found.advice.words


@pytest.mark.slow
def test_what_one_call_surely_needs_is_denied_for_sure_whatever_else_may_need_it():
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    created = {"eventSource": "glue.amazonaws.com", "requestParameters": {"databaseName": "d", "tableName": "t"}}
    updated = {"databaseName": "d", "tableInput": {"name": "t"}}
    calls = [
        {**call("2026-04-25", event="CreatePartitionIndex"), **created},
        {**call("2026-04-25", event="UpdateTable"), **created, "requestParameters": updated},
    ]
    with SmallAccount([*DAILY, *calls], document=document) as account:
        found = run(account)

    denied = {one.use.action: one.use.is_doubtful for one in of_ann(found).surprises}
    assert {"glue:UpdateTable": False, "glue:CreatePartitionIndex": True} == denied
