"""`iamaudit recommend --as scp` on the command line: what it takes, and what it prints."""

from __future__ import annotations

import json

import pytest

from iamaudit.cli import scp
from iamaudit.stages import scp as stage
from iamaudit.stages.scp import ScpResult

PROOF = {
    "denied_services": ["dlm", "sqs"],
    "denied_actions": [],
    "no_room": [],
    "unknown_services": ["s3"],
    "policies": 1,
    "allowed": 7,
    "replayed": 7,
}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--level", "resource"), "an SCP has no level `resource`"),
        (("--principal", "arn:aws:iam::111122223333:user/ann"), "leave out `--principal`"),
        (("--drop-unknown",), "leave out `--drop-unknown`"),
    ],
    ids=["level", "principal", "unknown"],
)
def test_what_means_nothing_for_whole_accounts_is_refused(run, lake, tmp_path, words, told):
    answer = run("recommend", "--lake", lake, "--out", tmp_path, "--as", "scp", *words)

    assert 2 == answer.code
    assert told in answer.err


def test_a_lake_without_an_organisation_says_what_to_do(run, lake, tmp_path):
    answer = run("recommend", "--lake", lake, "--out", tmp_path, "--as", "scp")

    assert 2 == answer.code
    assert "`iamaudit collect --lake LAKE --org`" in answer.err


@pytest.fixture
def results(monkeypatch, tmp_path):
    found = [
        ScpResult("ou-1", "unit", tmp_path, PROOF),
        ScpResult("ou-2", "unit", None, None, "nobody can say", "coverage"),
        ScpResult("ou-3", "unit", None, None, "every service is in use", "nothing_to_do"),
    ]
    monkeypatch.setattr(stage, "recommend_scps", lambda *_, **__: found)
    return found


def test_people_get_a_table_and_the_reason_where_nothing_is_known(results, tmp_path, capsys):
    code = scp.write_scps(None, tmp_path, None, None, None, as_json=False)

    out, err = capsys.readouterr()
    assert 0 == code
    assert "7 of 7" in out
    assert "none: coverage" in out
    assert "no SCP for ou-2: nobody can say" in err
    assert "ou-3" not in err


def test_machines_get_a_line_for_each(results, tmp_path, capsys):
    scp.write_scps(None, tmp_path, None, "action", None, as_json=True)

    first, second, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert ("ou-1", "unit", PROOF) == (first["target"], first["kind"], first["certificate"])
    assert (None, "coverage") == (second["bundle"], second["refused_kind"])
