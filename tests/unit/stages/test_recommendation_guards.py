"""Tags, rules and the age of grants, from the lake's state to the evidence of a principal."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from iamaudit.config import Settings
from iamaudit.lake.lake import create_lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.recommend.choices import Choices, Exclusion
from iamaudit.stages.evidence import gather
from iamaudit.stages.workbench import engine_on

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
CAREFUL = Choices()
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
RULE = Exclusion("Ann", "emergency", date(2026, 12, 31), principals=("app",), actions=("s3:GetObject",))


def state(*, tags="{}", policy_tags=None, updated_at=LONG_AGO, boundary=None):
    role = {
        "arn": ROLE,
        "kind": "role",
        "name": "app",
        "created_at": LONG_AGO,
        "tags": tags,
        "boundary_arn": boundary,
        "is_service_linked": False,
    }
    policy = {"policy_id": OWN, "name": "own", "kind": "customer", "document": TEXT, "updated_at": updated_at}
    found = {
        "principals": [role],
        "policies": [policy],
        "attachments": [{"holder_arn": ROLE, "policy_id": OWN}],
    }
    if policy_tags is not None:
        found["policy_tags"] = [{"policy_id": OWN, "tags": policy_tags}]
    return {kind: [{"account_id": ACCOUNT, **row} for row in rows] for kind, rows in found.items()}


@pytest.fixture
def evidence(tmp_path):
    """Return the evidence of the one role after captures of its state, each with its time."""

    def evidence(*captures, choices=CAREFUL):
        lake = create_lake(tmp_path / "lake")
        for moment, rows in captures:
            tables = {
                kind: pa.Table.from_pylist(
                    [{"captured_at": moment, **row} for row in listed], schema=STATE_SCHEMAS[kind]
                )
                for kind, listed in rows.items()
            }
            write_state(lake, tables, captured_at=moment, accounts={ACCOUNT: {}}, missing=())
        with engine_on(lake, Settings(), NOW) as engine:
            (found,) = gather(engine, choices)
        return found

    return evidence


def test_an_old_grant_without_any_guard_is_free(evidence):
    found = evidence((BEFORE, state()), (NOW, state()))

    assert ("", (), ()) == (found.protected, found.exclusions, found.caveats)
    assert [("", "", ())] == [(one.protected, one.fresh, one.others) for one in found.current]


def test_a_tag_protects_the_principal_or_the_policy_and_can_have_another_name(evidence):
    tagged = state(tags='{"keep":"yes"}', policy_tags='{"keep":""}')

    found = evidence((NOW, tagged), choices=Choices(protect_tag="keep"))

    assert "the role has the tag `keep`" == found.protected
    assert ["the policy has the tag `keep`"] == [one.protected for one in found.current]


def test_a_rule_of_actions_comes_with_the_evidence_and_an_ended_one_with_a_caveat(evidence):
    ended = Exclusion("Eve", "old", date(2026, 11, 30), principals=("app",))

    found = evidence((BEFORE, state()), (NOW, state()), choices=Choices(exclude=(RULE, ended)))

    assert (RULE,) == found.exclusions
    assert ("an exclusion of Eve ended on 2026-11-30 and no longer holds: old",) == found.caveats


def test_a_changed_policy_is_fresh_and_remembers_what_it_said(evidence):
    changed = state(updated_at=datetime(2026, 11, 20, tzinfo=UTC))
    changed["policies"][0]["document"] = TEXT.replace("s3", "sqs")

    found = evidence((BEFORE, state()), (NOW, changed))

    (one,) = found.current
    assert "its text has changed on 2026-11-20" in one.fresh
    assert ("s3:*",) == one.settled.statements[0].actions


def test_without_an_old_capture_the_age_of_attachments_is_said_to_be_unknown(evidence):
    found = evidence((NOW, state()))

    assert any("no capture of the account is older than the grace period" in one for one in found.caveats)


def test_a_policy_that_is_a_boundary_too_is_shared(evidence):
    found = evidence((NOW, state(boundary=OWN)))

    assert [(ROLE,)] == [one.others for one in found.current]
