"""`watch --restore` puts an inline policy only where it is known to fit beside those of today."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamaudit.model.holder import holder_of
from iamaudit.recommend.parts import INLINE_TOTAL
from iamaudit.stages.inline_room import fits_inline
from tests.unit.cli.conftest import allow, details, record, user
from tests.unit.cli.test_watch_verb import ANN, carry_out

INLINE = ["put_inline_policy"]
MANAGED = ["create_policy", "attach_policy"]


def filling(characters):
    """Return a policy of so many characters, minified."""
    empty = len(json.dumps(allow(""), separators=(",", ":")))
    return allow("s" * (characters - empty))


@pytest.fixture
def restored(run, tmp_path):
    """Return what the bundle changes that gives a refused call back, by ann's inline policies and when they were collected."""

    def restored(*documents, collected="2026-11-02"):
        (tmp_path / "logs").mkdir()
        (tmp_path / "state").mkdir()
        refused = record(3, "DeleteRole", errorCode="AccessDenied")
        (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": [refused]}))
        (tmp_path / "state" / "details.json").write_text(json.dumps(details(user("ann", *documents))))
        lake, out = tmp_path / "lake", tmp_path / "out"
        run("ingest", tmp_path / "logs", "--lake", lake)
        run("collect", "--from-files", tmp_path / "state", "--lake", lake, "--as-of", collected)
        carry_out(out, datetime(2026, 11, 1, 9, tzinfo=UTC))
        answer = run("watch", "--lake", lake, "--bundles", out, "--as-of", "2026-11-03", "--restore")
        assert 0 == answer.code, answer.err
        plan = json.loads((out / "restore" / "111122223333" / "user" / "ann" / "plan.json").read_text())
        return plan["changes"]

    return restored


def kinds(changes):
    return [one["change"] for one in changes]


@pytest.mark.parametrize(("room", "expected"), [(0, INLINE), (-1, MANAGED)], ids=["fits", "one too many"])
def test_what_is_inline_today_counts_to_the_last_character(restored, room, expected):
    needed = len('{"Version":"2012-10-17","Statement":[{"Sid":"RestoredIamDeleteRole","Effect":"Allow",')
    needed += len('"Action":"iam:DeleteRole","Resource":"arn:aws:iam::111122223333:role/r"}]}')
    half = (INLINE_TOTAL["user"] - needed - room) // 2

    changes = restored(filling(half), filling(INLINE_TOTAL["user"] - needed - room - half))

    assert expected == kinds(changes)
    assert needed == len(changes[0]["document"])


def test_a_state_of_before_the_change_does_not_tell_what_is_inline_today(restored):
    assert MANAGED == kinds(restored(filling(100), collected="2026-11-01"))


def test_whoever_has_no_inline_policy_has_all_the_room(restored):
    assert INLINE == kinds(restored())


@pytest.mark.parametrize("kind", ["user", "role"])
def test_nothing_fits_where_nobody_knows_what_is_there(kind):
    assert not fits_inline(holder_of(ANN.replace("user", kind)), None, 1)
