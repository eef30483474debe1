"""Laws of the plan for idle credentials."""

import shlex
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from iamaudit.model.change import ChangeKind
from iamaudit.recommend.retire import retire
from tests.properties.strategies_retire import idle_holdings

TODAY = date(2026, 11, 1)
REVERSIBLE = {ChangeKind.DEACTIVATE_ACCESS_KEY, ChangeKind.PUT_INLINE_POLICY, ChangeKind.ATTACH_POLICY}


def plan_of(pair, notice=14, delete=44):
    one, holding = pair
    return retire([one], {holding.arn: holding}, as_of=TODAY, notice_days=notice, delete_days=delete)


@given(idle_holdings(), st.integers(1, 60), st.integers(0, 60))
def test_steps_come_in_order_and_what_is_disabled_can_be_undone(pair, notice, more):
    for entry in plan_of(pair, notice, notice + more).retirements:
        assert sorted(step.due for step in entry.steps) == [step.due for step in entry.steps]
        assert {change.kind for step in entry.steps if step.what == "disable" for change in step.changes} <= REVERSIBLE


@given(idle_holdings())
def test_everything_is_either_retired_or_left_out_with_a_reason(pair):
    plan = plan_of(pair)

    assert 1 == len(plan.retirements) + len(plan.left_out)
    assert all(entry.why for entry in plan.left_out)


@given(idle_holdings())
def test_all_that_a_whole_principal_has_goes_away_once_and_the_deny_last(pair):
    one, holding = pair
    for entry in plan_of(pair).retirements:
        if one.check not in {"idle_user", "idle_role"}:
            continue
        [disable, delete] = entry.steps[1:]
        gone = [(change.kind, change.policy) for change in delete.changes]
        denied = disable.changes[-1].policy
        assert len(set(gone)) == len(gone)
        assert {*holding.attached, *holding.inline, *holding.groups, denied} <= {policy for _, policy in gone}
        assert denied == gone[-1][1]


@given(idle_holdings())
def test_each_change_has_its_command_and_no_name_escapes_its_word(pair):
    _, holding = pair
    for entry in plan_of(pair).retirements:
        for step in entry.steps:
            words = [shlex.split(command) for command in step.commands]
            assert len(words) >= len(step.changes)
            assert all(["aws", "iam"] == line[:2] and holding.name in line for line in words)
