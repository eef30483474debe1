"""A certificate tells the last hold-out, and is less sure when later calls would have been denied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose
from iamaudit.recommend.score import HeldOut, Score

ROLE = "arn:aws:iam::111122223333:role/app"
TEXT = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
START = datetime(2026, 4, 1, tzinfo=UTC)


def certificate_with(*scores):
    current = CurrentPolicy(f"{ROLE}#t", "t", "inline", ROLE, parse(TEXT), TEXT)
    evidence = PrincipalEvidence(
        ROLE,
        "111122223333",
        "role",
        "app",
        (current,),
        uses=(ObservedUse("s3:GetObject", "arn:aws:s3:::b/a"),),
        window_start=START,
        window_end=START + timedelta(days=90),
        coverage={"days": 90},
        held_out=HeldOut(START + timedelta(days=90), scores, "90 days") if scores else None,
    )
    return prove(evidence, propose(evidence, catalogue()), catalogue()).as_json()


@pytest.mark.parametrize(
    ("scores", "confidence"),
    [
        ((), "high"),
        ((Score(90, 100, 900),), "high"),
        ((Score(90, 100, 900, 1, 1),), "medium"),
        ((Score(90, 100, 900, 9, 9),), "low"),
        ((Score(30, 100, 900, 9, 9), Score(90, 100, 900)), "high"),
        ((Score(90, 100, 900), Score(180, 100, 900, 9, 9)), "high"),
    ],
    ids=["never evaluated", "nothing denied", "little", "much", "by the window's own length", "not by a longer one"],
)
def test_the_confidence_follows_the_hold_out_of_the_windows_length(scores, confidence):
    found = certificate_with(*scores)

    assert confidence == found["confidence"]


def test_the_reason_has_the_numbers_and_the_scores_are_all_told():
    found = certificate_with(Score(30, 100, 900, 9, 40), Score(90, 100, 900, 1, 2))

    reason = "learnt from 90 earlier days it would have denied 2 of 900 later calls (1 of 100 uses)"
    assert [reason] == found["confidence_reasons"]
    assert [30, 90] == [score["learn_days"] for score in found["holdout"]["scores"]]
    assert "2026-06-30T00:00:00Z" == found["holdout"]["as_of"]


def test_without_an_evaluation_nothing_is_told():
    assert certificate_with()["holdout"] is None
