"""The key of evidence: the same as long as nothing changed that a recommendation is made from."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.policy.parse import parse
from iamaudit.proof.evidence_key import evidence_key
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.known import known_resources
from iamaudit.recommend.score import HeldOut, Score

ROLE = "arn:aws:iam::111122223333:role/app"
TEXT = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
START = datetime(2026, 4, 1, tzinfo=UTC)
EVIDENCE = PrincipalEvidence(
    ROLE,
    "111122223333",
    "role",
    "app",
    current=(CurrentPolicy(f"{ROLE}#t", "t", "inline", ROLE, parse(TEXT), TEXT),),
    uses=(ObservedUse("s3:GetObject", "arn:aws:s3:::b/a"), ObservedUse("s3:PutObject", "arn:aws:s3:::b/a")),
    window_start=START,
    window_end=START + timedelta(days=90),
    coverage={"days": 90, "events": 7, "days_without_logs": [], "trails_known_since": None},
    taken_names=frozenset({"a", "b", "c"}),
)
OPTIONS = {"options": "{}", "program": "1"}
# what moves every night by itself, and what counts as far as it decides; the test below names every other field
MAY_MOVE = {"known", "window_start", "window_end", "coverage"}
OTHER = {
    "held_out": HeldOut(START, (Score(30, 5, 9),), "30 days do"),
    "boundary": parse(TEXT),
    "uses": (*EVIDENCE.uses, ObservedUse("s3:ListBucket", "arn:aws:s3:::b")),
    "unknown": (UnknownGrant("s3:GetObject", "not logged"),),
    "current": (),
}


def key(evidence, options=OPTIONS):
    return evidence_key(evidence, options)


def other(name):
    """Return another value for a field."""
    value = getattr(EVIDENCE, name)
    if name in OTHER:
        return OTHER[name]
    if isinstance(value, bool):
        return not value
    return frozenset({"x"}) if isinstance(value, frozenset) else ("x",) if isinstance(value, tuple) else "another"


@pytest.mark.parametrize("name", sorted({entry.name for entry in fields(PrincipalEvidence)} - MAY_MOVE))
def test_another_value_of_any_field_is_another_key(name):
    assert key(EVIDENCE) != key(replace(EVIDENCE, **{name: other(name)}))


def test_a_window_of_the_same_length_on_other_days_is_the_same_key():
    moved = replace(EVIDENCE, window_start=START + timedelta(days=1), window_end=START + timedelta(days=91))

    assert key(EVIDENCE) == key(moved)


def test_a_longer_window_is_another_key():
    assert key(EVIDENCE) != key(replace(EVIDENCE, window_start=START - timedelta(days=1)))


def test_more_events_of_others_are_the_same_key_and_a_gap_is_another():
    more = replace(EVIDENCE, coverage={**EVIDENCE.coverage, "events": 99})
    gap = replace(EVIDENCE, coverage={**EVIDENCE.coverage, "days_without_logs": ["2026-04-02"]})

    assert key(EVIDENCE) == key(more) != key(gap)


def test_one_more_call_is_another_key():
    more = replace(EVIDENCE, uses=(replace(EVIDENCE.uses[0], count=2), EVIDENCE.uses[1]))

    assert key(EVIDENCE) != key(more)


def test_the_order_of_uses_and_how_long_ago_a_rhythm_was_do_not_matter():
    told = replace(EVIDENCE, uses=tuple(replace(use, rhythm="last used 3 days ago") for use in EVIDENCE.uses[::-1]))

    assert key(EVIDENCE) == key(told)


def test_a_periodic_use_is_not_a_use_of_the_window():
    periodic = replace(EVIDENCE, uses=(replace(EVIDENCE.uses[0], origin="periodic"), EVIDENCE.uses[1]))

    assert key(EVIDENCE) != key(periodic)


@pytest.mark.parametrize(
    "options", [{"options": "{}", "program": "2"}, {"options": "{1}", "program": "1"}], ids=["program", "options"]
)
def test_other_options_and_another_program_are_another_key(options):
    assert key(EVIDENCE) != key(EVIDENCE, options)


QUEUES = [f"arn:aws:sqs:eu-west-1:111122223333:app-{number}" for number in range(30)]
OF_QUEUES = replace(EVIDENCE, uses=tuple(ObservedUse("sqs:SendMessage", queue) for queue in QUEUES[:12]))


@pytest.mark.parametrize("listed", [[], QUEUES[:14]], ids=["seen", "seen and listed"])
def test_what_is_known_to_exist_is_another_key_once_siblings_may_no_longer_be_put_together(listed):
    """Half as many again may come with twelve queues, by generalise.csv: six."""
    alone, six_more, seven_more = (
        replace(OF_QUEUES, known=known_resources(QUEUES[:count], listed)) for count in (12, 18, 19)
    )

    assert key(alone) == key(six_more) != key(seven_more)


def test_the_quick_count_of_other_resources_is_that_of_the_patterns():
    known = known_resources(QUEUES[5:20], [*QUEUES[15:25], "arn:aws:sqs:eu-west-1:111122223333:other"])
    prefix = "arn:aws:sqs:eu-west-1:111122223333:app-"

    for used in ([], QUEUES[:3], QUEUES[:8], QUEUES[18:30]):
        assert known.beyond(prefix + "*", used) == known.others(prefix, used)
