"""What a group stands for: whoever moves into it loses nothing that is needed, and is refused nothing new."""

from __future__ import annotations

import json
from itertools import product

from hypothesis import event, given
from hypothesis import strategies as st

from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.movers import Mover, stands_for, triples
from iamaudit.recommend.parts import untouched

USER = "arn:aws:iam::111122223333:user/ann"
GROUP = "arn:aws:iam::111122223333:group/devs"
ACTIONS = ("sqs:GetQueueUrl", "sqs:SendMessage", "sqs:DeleteMessage")
RESOURCES = tuple(f"arn:aws:sqs:eu-west-1:111122223333:{name}" for name in "abc")


class Catalogue:
    """Three actions."""

    def all_actions(self):
        return ACTIONS


@st.composite
def policies(draw):
    """A policy of one to three statements; wildcards in actions, and a Deny now and then."""
    statements = draw(
        st.lists(
            st.builds(
                lambda effect, actions, resources: {
                    "Effect": effect,
                    "Action": sorted(actions),
                    "Resource": sorted(resources),
                },
                st.sampled_from(("Allow", "Allow", "Allow", "Deny")),
                st.sets(st.sampled_from((*ACTIONS, "sqs:*Message", "sqs:*")), min_size=1, max_size=2),
                st.sets(st.sampled_from((*RESOURCES, "*")), min_size=1, max_size=2),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return parse({"Version": "2012-10-17", "Statement": statements})


def current(policy, through):
    return CurrentPolicy(f"{through}#p", "p", "inline", through, policy, json.dumps({}))


def decided(*held):
    """Return the decision on every action on every resource."""
    decider = Decider(PolicySet(identity=held))
    return {(a, r): decider.decide(Request(USER, a, r)).decision for a, r in product(ACTIONS, RESOURCES)}


@given(
    own=policies(),
    beside=st.none() | policies(),
    more=policies(),
    has_own=st.booleans(),
    tolerance=st.sampled_from((1, 1.5, 9)),
)
def test_a_group_that_stands_for_a_users_policies_allows_all_that_they_and_its_other_groups_allow(
    own, beside, more, has_own, tolerance
):
    catalogue = Catalogue()
    held = (current(own, USER), *([] if beside is None else [current(beside, GROUP)]))
    needs = triples([own], catalogue)
    covered = frozenset() if beside is None else needs & triples([beside], catalogue)
    user = Mover(PrincipalEvidence(USER, "111122223333", "user", "ann", held), (untouched(held[0]),), needs, covered)
    group = (own, more) if has_own else (more,)

    if stands_for(triples(group, catalogue), user, tolerance):
        event(f"it stands for them, has_own={has_own}")
        others = () if beside is None else (beside,)
        before, after = decided(own, *others), decided(*group, *others)
        assert [] == [
            key for key, one in before.items() if one is Decision.ALLOWED and after[key] is not Decision.ALLOWED
        ]


def test_the_law_above_is_about_something():
    """A group that grants the same stands for it, one that grants less or refuses something does not."""
    catalogue = Catalogue()
    text = {"Effect": "Allow", "Action": list(ACTIONS[:2]), "Resource": "*"}
    own = parse({"Version": "2012-10-17", "Statement": [text]})
    less = parse({"Version": "2012-10-17", "Statement": [text | {"Action": ACTIONS[0]}]})
    refusing = parse({"Version": "2012-10-17", "Statement": [text, text | {"Effect": "Deny", "Action": ACTIONS[2]}]})
    held = current(own, USER)
    user = Mover(
        PrincipalEvidence(USER, "111122223333", "user", "ann", (held,)), (untouched(held),), triples([own], catalogue)
    )

    assert [True, False, False] == [stands_for(triples([one], catalogue), user, 9) for one in (own, less, refusing)]
