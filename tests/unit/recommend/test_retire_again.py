"""What an earlier plan disabled goes on to its last day, unless somebody tried it since."""

from datetime import date

import pytest

from iamaudit.recommend.retire import retire
from iamaudit.recommend.retire_again import disabled_before
from iamaudit.recommend.retire_plan import Holding
from iamaudit.recommend.retire_steps import DENY_ALL, DENY_NAME, TAG

ARN = "arn:aws:iam::111122223333:user/eve"
DAY = date(2026, 11, 15)
TAGGED = {TAG: str(DAY)}
MANAGED = "arn:aws:iam::aws:policy/AWSDenyAll"


def eve(**more):
    known = {"inline": {DENY_NAME: DENY_ALL}, "tags": TAGGED, "keys": {"access_key_1": "AKIA1"}}
    return Holding(ARN, "111122223333", "user", "eve", **{**known, **more})


def again(holding, *, found=(), inactive=(), last_signs=None):
    return disabled_before([holding], found=found, inactive=inactive, last_signs=last_signs or {})


@pytest.mark.parametrize("holding", [eve(), eve(inline={}, attached=(MANAGED,))], ids=["inline", "managed"])
def test_what_is_denied_and_tagged_goes_on(holding):
    going_on, tried = again(holding, last_signs={ARN: DAY})

    assert ([("idle_user", ARN)], []) == ([(one.check, one.arn) for one in going_on], tried)


def test_what_was_tried_since_is_told_and_not_deleted():
    going_on, [tried] = again(eve(), last_signs={ARN: date(2026, 11, 16)})

    assert [] == going_on
    assert "disabled on 2026-11-15 and tried on 2026-11-16" in tried.why


@pytest.mark.parametrize(
    "holding",
    [eve(tags={}), eve(inline={}), eve(tags={TAG: "soon"})],
    ids=["no-tag", "no-deny", "tag-is-no-day"],
)
def test_what_no_plan_disabled_is_left_alone(holding):
    assert ([], []) == again(holding)


def test_a_finding_of_today_is_enough():
    assert ([], []) == again(eve(), found={(ARN, "")})


def test_a_key_that_a_plan_made_inactive_goes_on():
    holding = eve(inline={}, tags={f"{TAG}/access_key_1": str(DAY)})

    going_on, _ = again(holding, inactive={(ARN, "access_key_1")})
    others, _ = again(eve(inline={}, tags={}), inactive={(ARN, "access_key_1")})

    assert ([("idle_access_key", "access_key_1")], []) == ([(one.check, one.detail) for one in going_on], others)


def test_the_last_day_stays_where_the_notice_put_it():
    going_on, _ = again(eve())

    plan = retire(going_on, {ARN: eve()}, as_of=date(2026, 12, 24))

    assert [date(2026, 11, 1), DAY, date(2026, 12, 15)] == [step.due for step in plan.retirements[0].steps]
