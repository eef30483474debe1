"""Users who need the same are found a group; nobody joins who would lose a use or gain anything."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.joint import can_live_with
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.joining import Open, joining, kept_as_today, with_joining
from iamaudit.recommend.joint import Holder, Options, Shared, propose_shared
from iamaudit.recommend.mining import MOST_GROUPS, mined_groups
from iamaudit.recommend.movers import mover_of
from iamaudit.recommend.propose import propose

ACCOUNT = "111122223333"
USES = [ObservedUse("s3:GetObject", f"arn:aws:s3:::b{number}/a") for number in range(20)]


def user(name, *uses, actions="s3:*", account=ACCOUNT):
    arn = f"arn:aws:iam::{account}:user/{name}"
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
    current = (CurrentPolicy(f"{arn}#work", "work", "inline", arn, parse(text), text),)
    return PrincipalEvidence(arn, account, "user", name, current, uses=uses)


def fits(one, policies):
    return can_live_with(Holder(one.evidence, one.beside), policies, catalogue())


def movers(*users):
    found = [mover_of(one, propose(one, catalogue()), catalogue()) for one in users]
    return [one for one in found if one is not None]


def mined(*users, taken=(), tolerance=1.05, groups_today=None):
    return mined_groups(movers(*users), set(taken), tolerance, fits, groups_today)


def members(groups):
    return [[one.evidence.name for one in group.members] for group in groups]


def test_users_who_need_the_same_get_one_group_and_give_up_their_own_policies():
    (group,) = mined(user("ann", *USES), user("bob", *USES), user("eve", USES[0]))

    assert [["ann", "bob"]] == members([group])
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


def test_who_is_in_a_group_already_gives_up_only_its_own_policies():
    bob = user("bob", *USES)
    logs = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
    through = replace(bob.current[0], through=f"arn:aws:iam::{ACCOUNT}:group/devs", policy=logs, name="logs")

    (group,) = mined(user("ann", *USES), replace(bob, current=(*bob.current, through)))

    assert [["ann", "bob"]] == members([group])
    removed = [(one.holder, one.policy) for one in group.changes() if one.kind.value == "delete_inline_policy"]
    assert [(one.arn, "work") for one in group.members] == removed


def test_who_is_in_as_many_groups_as_aws_allows_does_not_move():
    bob = user("bob", *USES)

    assert [] == mined(user("ann", *USES), bob, groups_today={bob.arn: MOST_GROUPS})
    assert [["ann", "bob"]] == members(mined(user("ann", *USES), bob, groups_today={bob.arn: MOST_GROUPS - 1}))


def test_policies_with_nothing_to_take_away_are_what_is_needed():
    exact = [user(name, USES[0], actions="s3:GetObject") for name in ("ann", "bob")]
    exact = [replace(one, current=(_only(one.current[0], USES[0].resource),)) for one in exact]
    assert {"nothing_to_do"} == {propose(one, catalogue()).refused_kind for one in exact}

    assert [["ann", "bob"]] == members(mined(*exact))


def _only(current, resource):
    text = current.document.replace('"Resource": "*"', f'"Resource": "{resource}"')
    return replace(current, policy=parse(text), document=text)


def test_users_of_two_accounts_have_no_group_together():
    assert [] == mined(user("ann", *USES), user("bob", *USES, account="444455556666"))


def test_a_name_that_is_taken_is_not_taken_again():
    (group,) = mined(user("ann", *USES), user("bob", *USES), taken=[f"{ACCOUNT}/work-users"])

    assert "work-users-2" == group.name


def test_the_order_of_the_users_does_not_matter():
    users = [user("ann", *USES), user("bob", *USES), user("eve", USES[0]), user("joe", USES[0])]

    found = {str(members(mined(*order))) for order in permutations(users, 4)}

    assert {"[['ann', 'bob'], ['eve', 'joe']]"} == found


def group_of(*policies, name="devs", account=ACCOUNT, held_by=()):
    return Open(f"arn:aws:iam::{account}:group/{name}", account, frozenset(held_by), policies)


def joined(users, groups, *, tolerance=1.05, groups_today=None):
    found = joining(movers(*users), groups, tolerance, fits, catalogue(), groups_today or {})
    return {arn.rpartition("/")[2]: [one.evidence.name for one in some] for arn, some in found.items()}


def granting(number, *, actions="s3:GetObject"):
    """Return a policy on the first *number* of the used resources."""
    resources = [one.resource for one in USES[:number]]
    return parse(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}
    )


def test_a_user_joins_the_group_that_grants_what_its_own_policies_are_needed_for():
    assert {"devs": ["ann"]} == joined([user("ann", *USES)], [group_of(granting(20))])


@pytest.mark.parametrize("number", [19, 21], ids=["one resource less", "one resource more"])
def test_a_group_that_grants_less_or_more_than_the_tolerance_is_not_joined(number):
    uses = [ObservedUse("s3:GetObject", f"arn:aws:s3:::b{one}/a") for one in range(20)]
    more = [*uses, ObservedUse("s3:GetObject", "arn:aws:s3:::c/a")][:number]
    policy = parse(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": [one.resource for one in more]}],
        }
    )

    assert {} == joined([user("ann", *uses)], [group_of(policy)], tolerance=1)
    assert ({"devs": ["ann"]} if number > 20 else {}) == joined([user("ann", *uses)], [group_of(policy)])


def test_a_group_that_would_give_a_user_something_new_is_not_joined():
    # all that is needed and within the tolerance, but today's policy spares one bucket that the group grants
    ann = user("ann", *USES[1:])
    text = ann.current[0].document.replace('"Resource": "*"', '"NotResource": "arn:aws:s3:::b0/*"')
    ann = replace(ann, current=(replace(ann.current[0], policy=parse(text), document=text),))

    assert {} == joined([ann], [group_of(granting(20))], tolerance=2)
    assert {"devs": ["ann"]} == joined([user("ann", *USES[1:])], [group_of(granting(20))], tolerance=2)


def test_a_group_whose_policies_refuse_something_is_not_joined():
    deny = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]})

    assert {} == joined([user("ann", *USES)], [group_of(granting(20), deny)], tolerance=2)


def test_a_group_of_today_with_wildcards_is_read_as_the_actions_that_they_name():
    names = [one for one in catalogue().all_actions() if one.startswith("s3:GetBucketV")]
    ann = user("ann", *(ObservedUse(name, "arn:aws:s3:::b0") for name in names))
    wild = parse(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetBucketV*", "Resource": "arn:aws:s3:::b0"}],
        }
    )

    assert len(names) > 0
    assert {"devs": ["ann"]} == joined([ann], [group_of(wild)])


def test_nobody_joins_a_group_of_another_account_or_one_that_it_is_in():
    ann = user("ann", *USES)

    assert {} == joined([ann], [group_of(granting(20), account="444455556666")])
    assert {} == joined([ann], [group_of(granting(20), held_by=[ann.arn])])
    assert {} == joined([ann], [group_of(granting(20))], groups_today={ann.arn: MOST_GROUPS})


def test_of_several_groups_the_one_that_grants_least_is_joined_whatever_their_order():
    groups = [group_of(granting(20), name=name) for name in ("ops", "devs")]
    wide = group_of(granting(20, actions=["s3:GetObject", "s3:PutObject"]), name="all")

    found = [joined([user("ann", *USES)], list(order), tolerance=2) for order in permutations([*groups, wide])]

    assert [{"devs": ["ann"]}] * 6 == found


def test_a_group_shrinks_before_anybody_joins_and_only_then_do_their_own_policies_go():
    (ann,) = movers(user("ann", *USES))
    bob = user("bob", *USES)
    arn = f"arn:aws:iam::{ACCOUNT}:group/devs"
    held = replace(bob.current[0], policy_id=f"{arn}#all", name="all", through=arn)
    whole = PrincipalEvidence(arn, ACCOUNT, "group", "devs", (held,))
    shared = Shared(whole, (Holder(replace(bob, current=(held,))),))
    proposal = propose_shared(shared, catalogue(), Options())

    together, found = with_joining(whole, proposal, [ann], catalogue())

    assert ["put_inline_policy", "add_user_to_group", "delete_inline_policy"] == [
        one.kind.value for one in found.changes
    ]
    assert [arn, ann.arn] == [one.through for one in together.current]
    assert proposal.policies == found.policies
    assert set(proposal.granted) - set(proposal.dropped) == set(found.granted) - set(found.dropped)


def test_a_group_that_does_not_change_has_only_the_steps_of_who_joins():
    (ann,) = movers(user("ann", *USES))
    arn = f"arn:aws:iam::{ACCOUNT}:group/devs"
    whole = PrincipalEvidence(
        arn, ACCOUNT, "group", "devs", (CurrentPolicy(f"{arn}#x", "x", "inline", arn, granting(20), "{}"),)
    )

    _, found = with_joining(whole, kept_as_today(whole, catalogue(), "resource"), [ann], catalogue())

    assert ["add_user_to_group", "delete_inline_policy"] == [one.kind.value for one in found.changes]
    assert (granting(20),) == found.policies
