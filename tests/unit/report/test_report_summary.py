"""The manager's page: true sums, risks that only fall when they fall, and no name that breaks the table."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.escalation import escalation_actions
from iamaudit.report.content import RecommendationSummary
from iamaudit.report.risk import risk_of
from iamaudit.report.summary import Measure, bars, render_summary, summarise


def document(action, effect="Allow", resource="*", **more):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}]}
    )


def proposal(name, before, after, **changed):
    values = {
        "principal": f"arn:aws:iam::111122223333:role/{name}",
        "bundle": "b",
        "actions_before": 100,
        "actions_after": 10,
        "characters_before": 0,
        "characters_after": 0,
        "replayed": 1,
        "allowed": 1,
        "denied": 0,
        "widened": 0,
        "unknown_kept": 3,
        "confidence": "high",
        "current": tuple(before),
        "policies": tuple(after),
    }
    return RecommendationSummary(**{**values, **changed})


def test_every_escalating_action_is_one_of_the_catalogue():
    assert len(escalation_actions()) == len(set(escalation_actions())) > 50
    assert set(escalation_actions()) <= set(catalogue().all_actions())


def test_an_administrator_may_do_everything_until_a_deny_or_a_condition_says_otherwise():
    assert risk_of([document("*")]).is_admin
    assert not risk_of([document("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})]).is_admin
    assert not risk_of([document("*", resource="arn:aws:s3:::b/*")]).is_admin
    assert not risk_of([document("*"), document("iam:*", "Deny")]).is_admin


def test_escalating_actions_are_those_allowed_and_not_denied_on_everything():
    allowed = document(["iam:PassRole", "iam:CreateAccessKey", "s3:GetObject"])

    assert {"iam:PassRole", "iam:CreateAccessKey"} == risk_of([allowed]).escalation
    assert {"iam:CreateAccessKey"} == risk_of([allowed, document("iam:Pass*", "Deny")]).escalation
    assert {"iam:PassRole", "iam:CreateAccessKey"} == risk_of(
        [allowed, document("iam:*", "Deny", "arn:aws:iam::1:role/x")]
    ).escalation


def test_what_cannot_be_read_has_no_risk_that_one_could_tell():
    assert risk_of(["no json"]) is None
    assert 1 == summarise([proposal("a", ["no json"], [document("s3:GetObject")])]).unread


def test_only_proven_proposals_are_summed_and_the_others_are_counted():
    found = summarise(
        [
            proposal("a", [document("*")], [document("s3:GetObject")]),
            proposal("b", [document("*")], [], status="refused"),
            proposal("c", [document("*")], [], widened=1),
        ]
    )

    assert (1, 2) == (found.proven, found.without)
    assert Measure("granted actions", 100, 10) == found.actions
    by_name = {one.name: (one.before, one.after) for one in found.measures}
    assert (1, 0) == by_name["principals that may do everything on everything"]
    assert (1, 0) == by_name["action patterns with wildcards"]
    assert (len(escalation_actions()), 0) == by_name["actions with which one could (per principal)"]


def test_accounts_add_up_to_the_whole():
    entries = [
        proposal("a", [document("iam:*")], [document("iam:PassRole")]),
        proposal("b", [document("iam:*")], [], principal="arn:aws:iam::222233334444:user/b"),
        proposal("c", [], [], principal="arn:aws:iam::333344445555:user/c", status="refused"),
    ]

    found = summarise(entries)

    assert ["111122223333", "222233334444", "333344445555"] == [one.account_id for one in found.accounts]
    assert found.actions.before == sum(one.actions.before for one in found.accounts)
    assert found.measures[-1].before == sum(one.escalation.before for one in found.accounts)
    assert found.without == sum(one.without for one in found.accounts)


def test_the_page_names_who_can_no_longer_escalate():
    text = render_summary(summarise([proposal("a", [document("iam:*")], [document("iam:PassRole")])]))

    assert "For 1 of 1 principals" in text
    assert "role/a`: no more `iam:CreatePolicyVersion`, " in text
    assert "keeps 1" in text
    assert "| 111122223333 | 1 | 0 | 100 | 10 |" in text


@pytest.mark.parametrize("name", ["a|b", "a`b", "a\nb", "\u202egnp", "a\x1b[2J"])
def test_a_hostile_name_stays_in_its_place(name):
    text = render_summary(summarise([proposal(name, [document("iam:*")], [])]))

    line = next(line for line in text.splitlines() if "no more" in line)
    assert 0 == line.count("`") % 2
    assert all(character.isprintable() for character in line)


def test_nothing_at_all_is_a_page_too():
    assert "For 0 of 0 principals" in render_summary(summarise([]))


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_bars_are_as_the_numbers_and_something_is_never_nothing(before, after):
    lengths = [line.count("█") for line in bars(Measure("x", before, after))]

    assert (before > 0, after > 0) == tuple(length > 0 for length in lengths)
    assert (before >= after) <= (lengths[0] >= lengths[1])
    assert max(lengths) == (40 if before or after else 0)


@given(st.lists(st.sampled_from(["iam:*", "iam:PassRole", "s3:*", "lambda:Update*", "*"]), max_size=4))
def test_fewer_statements_never_have_more_risk(actions):
    """Risk is monotone in what is allowed."""
    whole, part = risk_of([document(a) for a in actions]), risk_of([document(a) for a in actions[1:]])

    assert part.escalation <= whole.escalation
    assert part.wildcards <= whole.wildcards
    assert part.is_admin <= whole.is_admin
