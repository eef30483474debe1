"""`iamaudit watch` after a boundary was put around a principal: what it refuses, and its next version."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan
from tests.unit.cli.conftest import ACCOUNT, allow
from tests.unit.cli.test_watch_shared import carry_out, carry_out_bundle, causes, entry, plan_of, state, watched

__all__ = ["watched"]  # the fixture
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
AROUND = f"arn:aws:iam::{ACCOUNT}:policy/ann-boundary"
OLD = allow("iam:*")
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def put_around(out, boundary, today=OLD):
    """Carry out a boundary around ann, whose policies stay."""
    plan = Plan(
        ANN,
        (
            Change(ChangeKind.CREATE_POLICY, "", AROUND, json.dumps(boundary)),
            Change(ChangeKind.PUT_PERMISSIONS_BOUNDARY, ANN, AROUND),
        ),
    )
    current = {"principal": ANN, "policies": [entry(f"{ANN}#p0", ANN, today)]}
    carry_out(out / ACCOUNT / "user" / "ann.applied-1.jsonl", plan, current, [today])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_what_the_boundary_refuses_is_told_with_the_boundary_as_the_cause(watched, out):
    put_around(out, allow("iam:GetRole"))

    answer = watched(captures={"2026-11-02": state(OLD, is_member=False)})

    assert f"once since the boundary `{AROUND}` was put around its policies" in answer.out


@pytest.mark.parametrize(
    ("boundary", "today"),
    [(allow("iam:Delete*"), OLD), (allow("iam:GetRole"), allow("iam:GetRole"))],
    ids=["the boundary allows it", "the policies never did"],
)
def test_what_it_did_not_cause_is_told_apart(watched, out, boundary, today):
    put_around(out, boundary, today)

    assert [("not_ours", None)] == causes(watched("--json", captures={"2026-11-02": state(today, is_member=False)}))


@pytest.mark.parametrize(
    ("boundary", "actions"),
    [(allow("iam:GetRole"), ["iam:GetRole", "iam:DeleteRole"]), (NOTHING, ["iam:DeleteRole"])],
    ids=["allows a little", "allows nothing"],
)
def test_restore_writes_the_next_version_of_the_boundary_and_then_it_is_restored(watched, out, boundary, actions):
    put_around(out, boundary)

    watched("--restore", captures={"2026-11-02": state(OLD, is_member=False)})

    folder = out / "restore" / ACCOUNT / "boundary" / "ann"
    (change,) = plan_of(folder)
    written = json.loads(change["document"])
    assert ("create_policy_version", AROUND) == (change["change"], change["policy"])
    assert boundary == json.loads(change["before"])
    assert actions == [one["Action"] for one in written["Statement"]]
    assert written == json.loads((folder / "boundary.json").read_text())
    carry_out_bundle(folder, datetime(2026, 11, 3, tzinfo=UTC))
    assert [("restored", None)] == causes(watched("--json"))
