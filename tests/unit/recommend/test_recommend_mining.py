"""Users who need the same are found a group; nobody joins who would lose a use or gain anything."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.replay import replay
from iamaudit.proof.widening import widening
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.mining import can_move, mined_groups
from iamaudit.recommend.propose import Proposal, propose

ACCOUNT = "111122223333"
USES = [ObservedUse("s3:GetObject", f"arn:aws:s3:::b{number}/a") for number in range(20)]


def user(name, *uses, actions="s3:*", account=ACCOUNT):
    arn = f"arn:aws:iam::{account}:user/{name}"
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
    current = (CurrentPolicy(f"{arn}#work", "work", "inline", arn, parse(text), text),)
    return PrincipalEvidence(arn, account, "user", name, current, uses=uses)


def fits(evidence, policies):
    proposal = Proposal(evidence.arn, policies=policies)
    return not replay(evidence, proposal, catalogue()).denied and widening(evidence, proposal, catalogue()).is_contained


def mined(*users, taken=(), tolerance=1.05):
    pairs = [(one, propose(one, catalogue())) for one in users]
    return mined_groups([pair for pair in pairs if can_move(*pair)], set(taken), tolerance, fits)


def members(groups):
    return [[one.name for one in group.members] for group in groups]


def test_users_who_need_the_same_get_one_group_and_give_up_their_own_policies():
    (group,) = mined(user("ann", *USES), user("bob", *USES), user("eve", USES[0]))

    assert ["ann", "bob"] == [one.name for one in group.members]
    arn = f"arn:aws:iam::{ACCOUNT}:group/work-users"
    assert [
        ("create_group", "", "work-users"),
        ("put_inline_policy", arn, "work"),
        ("add_user_to_group", group.members[0].arn, "work-users"),
        ("add_user_to_group", group.members[1].arn, "work-users"),
        ("delete_inline_policy", group.members[0].arn, "work"),
        ("delete_inline_policy", group.members[1].arn, "work"),
    ] == [(one.kind.value, one.holder, one.policy) for one in group.changes()]


@pytest.mark.parametrize(("tolerance", "found"), [(20 / 19, [["ann", "bob"]]), (1.05, [])], ids=["within", "beyond"])
def test_a_user_who_needs_a_little_less_joins_within_the_tolerance(tolerance, found):
    assert found == members(mined(user("ann", *USES), user("bob", *USES[1:]), tolerance=tolerance))


def test_nobody_joins_who_would_be_allowed_what_is_not_allowed_today():
    narrow = user("bob", *USES[1:])
    text = narrow.current[0].document.replace('"Resource": "*"', '"NotResource": "arn:aws:s3:::b0/*"')
    narrow = replace(narrow, current=(replace(narrow.current[0], policy=parse(text), document=text),))

    assert [] == mined(user("ann", *USES), narrow, tolerance=2)


@pytest.mark.parametrize(
    "more",
    [
        {"protected": "by a tag"},
        {
            "boundary": parse(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
            )
        },
    ],
    ids=["protected", "with a boundary"],
)
def test_who_must_not_be_changed_does_not_move(more):
    assert [] == mined(user("ann", *USES), replace(user("bob", *USES), **more))


def test_who_is_in_a_group_already_does_not_move():
    bob = user("bob", *USES)
    through = replace(bob.current[0], through=f"arn:aws:iam::{ACCOUNT}:group/devs")

    assert [] == mined(user("ann", *USES), replace(bob, current=(*bob.current, through)))


def test_users_of_two_accounts_have_no_group_together():
    assert [] == mined(user("ann", *USES), user("bob", *USES, account="444455556666"))


def test_a_name_that_is_taken_is_not_taken_again():
    (group,) = mined(user("ann", *USES), user("bob", *USES), taken=[f"{ACCOUNT}/work-users"])

    assert "work-users-2" == group.name


def test_the_order_of_the_users_does_not_matter():
    users = [user("ann", *USES), user("bob", *USES), user("eve", USES[0]), user("joe", USES[0])]

    found = {str(members(mined(*order))) for order in permutations(users, 4)}

    assert {"[['ann', 'bob'], ['eve', 'joe']]"} == found
