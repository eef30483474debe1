"""`recommend --level condition` as a user types it."""

from __future__ import annotations


def test_the_level_condition_is_one_of_the_levels(run, lake, tmp_path):
    common = (
        "--lake",
        lake,
        "--out",
        tmp_path,
        "--as-of",
        "2026-11-02",
        "--drop-unknown",
        "--grace-days",
        "0",
        "--json",
    )

    answer = run("recommend", *common, "--level", "condition", "--condition-days", "30")

    certificates = [line["certificate"] for line in answer.rows if line["certificate"]]
    assert 0 == answer.code, answer.err
    assert certificates
    assert {("condition", 0)} == {(one["level"], len(one["offered_conditions"])) for one in certificates}


def test_days_that_are_none_are_refused(run, lake, tmp_path):
    answer = run("recommend", "--lake", lake, "--out", tmp_path, "--condition-days", "0")

    assert 2 == answer.code
    assert "--condition-days" in answer.err
