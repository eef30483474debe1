"""An SCP for a unit: what it denies, what it leaves alone and why, and what it does where there is no room."""

from __future__ import annotations

import pytest

from iamaudit.errors import ConfigError, PromiseBrokenError
from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.render import render, size
from iamaudit.recommend import scp
from iamaudit.recommend.scp import propose_scp
from iamaudit.recommend.scp_evidence import BoundAccount, Need, Target

ACTIONS = catalogue()
USED = Need("used", "seen in the logs")
UNKNOWN = Need("unknown", "no trail logs it")
ARN = "arn:aws:iam::222233334444:role/breakglass"


def target(*accounts, granted=("sqs:SendMessage", "glue:GetTable", "iam:CreateUser"), attached=("FullAWSAccess",)):
    return Target("ou-1", "unit", accounts, dict.fromkeys(granted, 2), attached)


def account(number="1", **options):
    return BoundAccount(number * 12, **options)


def denied(proposal):
    return {pattern for policy in proposal.policies for one in policy.statements for pattern in one.actions}


def states(proposal):
    return {line.pattern: line.state for line in proposal.lines}


def test_a_service_that_one_of_the_accounts_uses_is_left_alone():
    used = account("1", needs={"sqs:SendMessage": USED})

    proposal = propose_scp(target(used, account("2")), ACTIONS)

    assert "sqs:*" not in denied(proposal)
    assert "glue:*" in denied(proposal)
    assert ("used", "denied") == (states(proposal)["sqs:*"], states(proposal)["glue:*"])


def test_one_unknown_action_is_enough_to_leave_a_service_alone():
    proposal = propose_scp(target(account(needs={"glue:GetTable": UNKNOWN})), ACTIONS)

    assert "glue:*" not in denied(proposal)
    assert "unknown" == states(proposal)["glue:*"]


def test_use_is_told_before_the_unknown():
    one = account("1", needs={"glue:GetTable": UNKNOWN, "glue:GetTables": USED})

    [line] = [line for line in propose_scp(target(one), ACTIONS).lines if line.pattern == "glue:*"]

    assert ("used", "glue:GetTables: seen in the logs") == (line.state, line.reason)


def test_what_people_sign_in_and_undo_mistakes_with_is_never_denied():
    proposal = propose_scp(target(account()), ACTIONS)

    assert not {"iam:*", "sts:*", "signin:*", "organizations:*", "support:*"} & denied(proposal)
    assert "aws" == states(proposal)["iam:*"]


def test_what_aws_runs_in_an_account_is_never_denied():
    proposal = propose_scp(target(account(of_aws={"ecs": "it runs there"})), ACTIONS)

    assert "ecs:*" not in denied(proposal)
    assert "aws" == states(proposal)["ecs:*"]


def test_of_a_service_that_is_never_denied_no_single_action_is():
    place = target(account(needs={"iam:GetUser": USED}), granted=("iam:GetUser", "iam:CreateUser"))

    proposal = propose_scp(place, ACTIONS, level="action")

    assert "iam:CreateUser" not in denied(proposal)
    assert "used" == states(proposal)["iam:*"]


def test_the_level_action_denies_single_actions_that_somebody_holds_of_services_in_use():
    one = account(needs={"glue:GetTable": USED})
    place = target(one, granted=("glue:GetTable", "glue:DeleteTable"))

    proposal = propose_scp(place, ACTIONS, level="action")

    assert "glue:DeleteTable" in denied(proposal)
    assert not {"glue:GetTable", "glue:*", "glue:DeleteDatabase"} & denied(proposal)
    assert {"DenyUnusedServices", "DenyUnusedActions"} == {
        one.sid for policy in proposal.policies for one in policy.statements
    }


def test_who_is_protected_is_exempt_by_its_arn():
    proposal = propose_scp(target(account(exempt=(ARN,))), ACTIONS)

    statements = [one for policy in proposal.policies for one in render(policy)["Statement"]]
    assert statements
    assert all({"ArnNotLike": {"aws:PrincipalArn": ARN}} == one["Condition"] for one in statements)


def test_what_does_not_fit_is_told_and_what_can_do_most_harm_comes_first():
    place = target(account(), granted=("lambda:UpdateFunctionCode", "glue:GetTable"))

    proposal = propose_scp(place, ACTIONS, largest=240, most=2)

    assert "lambda:*" in denied(proposal)
    assert denied(proposal) == {line.pattern for line in proposal.in_state("denied")}
    assert 200 < len(proposal.in_state("no_room"))
    assert all("no room" in line.reason for line in proposal.in_state("no_room"))


def test_no_policy_is_longer_than_aws_takes_and_one_more_pattern_would_not_fit():
    proposal = propose_scp(target(account(exempt=(ARN,))), ACTIONS, largest=1000, most=3)

    sizes = [size(policy) for policy in proposal.policies]
    assert 2 == len(sizes)
    assert all(700 < one <= 1000 for one in sizes)


def test_five_attached_policies_leave_no_room_for_another():
    proposal = propose_scp(target(account(), attached=("a", "b", "c", "d", "e")), ACTIONS)

    assert ("quota", ()) == (proposal.refused_kind, proposal.policies)
    assert "a, b, c, d, e" in proposal.refused


def test_more_protected_principals_than_fit_are_a_refusal():
    exempt = tuple(f"{ARN}-{number}" for number in range(200))

    proposal = propose_scp(target(account(exempt=exempt)), ACTIONS)

    assert "quota" == proposal.refused_kind
    assert "200 protected principals" in proposal.refused


@pytest.mark.parametrize("kind", ["coverage", "unreadable"])
def test_one_account_that_cannot_be_judged_is_enough_to_say_nothing_of_a_unit(kind):
    blind = account("2", blind="the lake has no logs", blind_kind=kind)

    proposal = propose_scp(target(account("1"), blind), ACTIONS)

    assert (kind, "account 222222222222: the lake has no logs") == (proposal.refused_kind, proposal.refused)
    assert () == proposal.policies


def test_a_unit_in_which_everything_is_needed_gets_no_policy():
    proposal = propose_scp(target(account(needs=dict.fromkeys(ACTIONS.all_actions(), UNKNOWN))), ACTIONS)

    assert ("nothing_to_do", ()) == (proposal.refused_kind, proposal.policies)


def test_a_level_that_an_scp_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="`resource` is not offered"):
        propose_scp(target(account()), ACTIONS, level="resource")


def test_a_policy_that_would_deny_what_is_needed_does_not_leave(monkeypatch):
    """The check does not believe the judgement: here the judgement says that everything may go."""
    needed = account(needs={"glue:GetTable": USED})
    monkeypatch.setattr(scp, "_judged", lambda *_: (scp.Line("glue:*", "denied", "", "read"),))

    with pytest.raises(PromiseBrokenError, match="glue:GetTable"):
        propose_scp(target(needed), ACTIONS)
