"""`evaluate` and `history`: how far a recommendation carries, and what became of it."""

from __future__ import annotations

import json

import pytest

from tests.unit.stages.small_account import ANN, SmallAccount, call, days

# one account in eleven days that all have logs; on the last of them ann does something new
CALLS = [call(day, "daily") for day in days("2026-04-20", "2026-04-30")]
NEW = call("2026-04-30", "books", event="GetBucketTagging")
WINDOW = ("--window", "8")


@pytest.fixture(scope="module")
def lake():
    with SmallAccount([*CALLS, NEW]) as account:
        yield account.root / "lake"


def test_evaluate_says_which_later_call_would_have_been_denied(run, lake, tmp_path):
    options = ("--learn", 4, "--learn", 6, "--test", 3, "--tests", 1, "--as-of", "2026-05-01", "--drop-unknown")

    answer = run("evaluate", "--lake", lake, "--out", tmp_path, *options, "--json")

    content = json.loads(answer.out)
    assert 0 == answer.code
    assert [4, 6] == [score["learn_days"] for score in content["scores"]]
    assert content == json.loads((tmp_path / "confidence.json").read_text())
    assert ["s3:GetBucketTagging"] * 2 == [one["action"] for one in content["principals"][0]["surprises"]]
    assert f"## `{ANN}`" in (tmp_path / "confidence.md").read_text()


def test_evaluate_without_enough_days_is_one_line_that_says_what_to_do(run, lake):
    answer = run("evaluate", "--lake", lake, "--as-of", "2026-05-01")

    assert 2 == answer.code
    assert "give shorter ones" in answer.err


def test_history_tells_the_first_recommendations_and_then_that_nothing_changed(run, lake, tmp_path):
    for as_of in ("2026-04-29", "2026-05-01"):
        run("recommend", "--lake", lake, "--out", tmp_path, "--as-of", as_of, "--drop-unknown", *WINDOW)

    first = run("history", "--lake", lake, "--since", "7d", "--as-of", "2026-04-29", "--json")
    later = run("history", "--lake", lake, "--since", "2026-04-29", "--as-of", "2026-05-01", "--json")
    table = run("history", "--lake", lake, "--since", "2026-05-01", "--as-of", "2026-05-01")

    changes = [json.loads(line) for line in later.out.splitlines()]
    assert {"recommended"} == {json.loads(line)["change"] for line in first.out.splitlines()}
    assert [("added", "s3:GetBucketTagging")] == [(one["change"], one["action"]) for one in changes]
    assert "nothing changed" in table.out


def test_since_what_is_no_time_is_refused(run, lake):
    answer = run("history", "--lake", lake, "--since", "yesterday")

    assert 2 == answer.code
    assert "is not a time" in answer.err
