"""A night in a few lines."""

from dataclasses import replace
from pathlib import Path

from iamaudit.stages.night import NightResult
from iamaudit.stages.outcome import refusal


def night(*kinds, **changed):
    refused = tuple(refusal(f"role/{kind}", "111122223333", "why", kind) for kind in kinds)
    return NightResult((), None, (), refused, {"html": Path("report.html")}, (), **changed)


def test_a_principal_without_a_bundle_is_counted_by_its_reason():
    lines = night("coverage", "coverage", "nothing_to_do").summary()

    assert "0 proven, 2 that the logs cannot judge, 1 with nothing to take away" in lines
    assert "report.html" in lines


def test_the_exit_code_tells_a_broken_promise_from_bad_input_from_an_answer():
    codes = {kind: night(kind).exit_code for kind in ("proof", "unreadable", "quota", "coverage", "nothing_to_do")}

    assert {"proof": 3, "unreadable": 2, "quota": 0, "coverage": 0, "nothing_to_do": 0} == codes
    assert 3 == night(is_broken=True).exit_code
    assert 2 == night(is_incomplete=True).exit_code
    assert 0 == night().exit_code


def test_what_applied_bundles_refuse_is_mentioned():
    sentence = "role/app was refused s3:GetObject 14 times"

    result = night(refused_since=(sentence,))

    assert f"Refused   {sentence}" in result.summary()
    assert [sentence] == result.as_json()["refused_since"]


def test_what_the_evaluation_came_to_is_told():
    words = "policies learnt from 90 days would have denied 2 of 1,000 later calls"

    result = night(evaluated=words)

    assert f"Hold-out  {words}" in result.summary()
    assert words == result.as_json()["evaluated"]


def test_who_is_as_before_and_what_changed_within_a_week_are_told():
    same = replace(refusal("role/a", "111122223333", "why", "coverage"), is_unchanged=True)

    result = NightResult((), None, (), (same,), {}, (), changes="2 actions dropped")

    assert "As before 1 of 1 principals" in result.summary()
    assert "Changed   since last week: 2 actions dropped" in result.summary()
    assert {"written": 0, "refused": 1, "unchanged": 1, "changed_in_a_week": "2 actions dropped"} == result.as_json()[
        "recommendations"
    ]
