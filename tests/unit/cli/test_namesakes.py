"""A user who was deleted and made anew under the same name: the bundle and `explain` say whose calls do not count."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamaudit.stages.namesakes import in_words
from tests.unit.cli.conftest import ACCOUNT, allow, details, record, user

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
AS_OF = ("--as-of", "2026-11-03", "--window", "2")
EARLIER = "2 calls by an earlier principal of this name (id AIDAOLD) are not counted; last on 2026-11-01"
ANOTHER = (
    "2 calls by another principal of this name (id AIDAOLD) are not counted; last on 2026-11-01; "
    "where it was made anew since the state was collected, collect again"
)


def by(principal_id, number, name="GetRole"):
    identity = {**record(number)["userIdentity"], "principalId": principal_id}
    return record(number, name, userIdentity=identity)


@pytest.fixture
def made_anew(run, tmp_path):
    """Return a lake in which somebody else's two calls bear ann's name; she herself made none, or one."""

    def made_anew(created, *calls):
        (tmp_path / "logs").mkdir()
        (tmp_path / "state").mkdir()
        records = [by("AIDAOLD", 1), by("AIDAOLD", 2, "ListRoles"), *calls]
        (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": records}))
        ann = {**user("ann", allow("iam:GetRole", "iam:ListRoles")), "CreateDate": created}
        (tmp_path / "state" / "details.json").write_text(json.dumps(details(ann)))
        run("ingest", tmp_path / "logs", "--lake", tmp_path / "lake")
        run("collect", "--from-files", tmp_path / "state", "--lake", tmp_path / "lake", "--as-of", "2026-11-03")
        return tmp_path / "lake"

    return made_anew


def recommended(run, lake, out):
    common = ("--lake", lake, "--out", out, "--drop-unknown", "--grace-days", "0", "--json")
    (line,) = run("recommend", *common, *AS_OF).rows
    return line


@pytest.mark.parametrize(
    ("created", "note"),
    [("2026-11-02T00:00:00Z", EARLIER), ("2026-10-01T00:00:00Z", ANOTHER)],
    ids=["made after the calls", "made before the calls"],
)
def test_a_bundle_that_keeps_nothing_says_whose_calls_it_does_not_count(run, made_anew, tmp_path, created, note):
    lake = made_anew(created)

    line = recommended(run, lake, tmp_path / "out")

    assert (0, 0) == (line["certificate"]["actions_after"], line["certificate"]["calls"])
    assert note in line["certificate"]["notes"]
    assert f"- {note}\n" in Path(line["bundle"], "diff.md").read_text(encoding="utf-8")


def test_what_the_principal_of_today_did_is_counted_beside_the_note(run, made_anew, tmp_path):
    lake = made_anew("2026-11-01T10:00:03Z", by("AIDAANN", 4))

    line = recommended(run, lake, tmp_path / "out")

    assert (1, 1) == (line["certificate"]["actions_after"], line["certificate"]["calls"])
    assert EARLIER in line["certificate"]["notes"]


def test_explain_says_it_to_people_and_machines(run, made_anew):
    lake = made_anew("2026-11-02T00:00:00Z")

    asked = ("explain", "--lake", lake, "--principal", ANN, "--action", "iam:GetRole", *AS_OF)
    (row,) = run(*asked, "--json").rows

    assert [EARLIER] == row["has"]["not_counted"]
    assert f"  but: {EARLIER}" in run(*asked).out.splitlines()


def test_where_all_calls_are_the_principals_own_nothing_is_said(run, lake):
    (row,) = run("explain", "--lake", lake, "--principal", ANN, "--action", "iam:GetRole", *AS_OF, "--json").rows

    assert [] == row["has"]["not_counted"]


def test_of_many_the_latest_three_are_named():
    rows = [{"other_id": f"AROA{n}", "calls": 700, "last_seen": datetime(2026, 11, n, tzinfo=UTC)} for n in range(1, 6)]

    told = in_words(rows, "an earlier principal", "earlier principals")

    expected = "3,500 calls by earlier principals of this name (ids AROA5, AROA4, AROA3 and 2 more) are not counted"
    assert f"{expected}; last on 2026-11-05" == told
