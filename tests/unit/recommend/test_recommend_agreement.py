"""A policy that several hold is shrunk once where one version fits all, and otherwise each gets its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.recommend.agreement import why_split
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Options, Shared, needed, propose_shared
from iamaudit.recommend.propose import propose

ACCOUNT = "111122223333"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/team"
TEXT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
GETS = [ObservedUse("s3:GetObject", f"arn:aws:s3:::b{number}/a") for number in range(20)]


def role(name, *uses, **more):
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    held = CurrentPolicy(POLICY, "team", "customer", arn, parse(TEXT), TEXT, (f"arn:aws:iam::{ACCOUNT}:role/other",))
    return PrincipalEvidence(arn, ACCOUNT, "role", name, (held,), uses=uses, **more)


def shared(*roles):
    own = replace(roles[0].current[0], through=POLICY, others=())
    thing = PrincipalEvidence(POLICY, ACCOUNT, "policy", "team", (own,))
    return Shared(thing, tuple(Holder(one) for one in roles))


def why(*roles, tolerance=1.05):
    held = shared(*roles)
    return why_split(held, needed(held, catalogue(), Options()), tolerance)


def test_holders_that_need_the_same_share_one_version():
    assert "" == why(role("a", *GETS), role("b", *GETS))


def test_a_little_more_than_one_holder_needs_is_tolerated():
    almost = role("b", *GETS[1:])

    assert "" == why(role("a", *GETS), almost, tolerance=20 / 19)
    assert "`b` needs 19 of the 20" in why(role("a", *GETS), almost, tolerance=1.05)


def test_a_holder_that_needs_nothing_of_it_is_better_off_without():
    assert "`b` needs nothing of it" == why(role("a", *GETS), role("b"))


@pytest.mark.parametrize(
    ("guard", "words"),
    [({"protected": "by a tag"}, "is protected"), ({"permission_set": "Dev"}, "permission set `Dev`")],
    ids=["protected", "of a permission set"],
)
def test_nobody_decides_for_a_holder_whose_policies_are_not_ours_to_change(guard, words):
    assert words in why(role("a", *GETS), role("b", *GETS, **guard))


def test_the_policy_gets_one_new_version_in_its_place():
    proposal = propose_shared(shared(role("a", *GETS), role("b", *GETS)), catalogue(), Options())

    assert [("create_policy_version", "", POLICY)] == [
        (one.kind.value, one.holder, one.policy) for one in proposal.changes
    ]


def test_what_was_agreed_is_part_of_a_holders_proposal_and_no_change_of_its_plan():
    one = role("a", *GETS)
    (smaller,) = propose_shared(shared(one, role("b", *GETS)), catalogue(), Options()).policies
    agreed = replace(one, current=(replace(one.current[0], agreed=smaller),))

    proposal = propose(agreed, catalogue())

    assert ((smaller,), ()) == (proposal.policies, proposal.changes)
    assert 0 == prove(agreed, proposal, catalogue()).as_json()["denied"]
    assert any("`policy/team`" in note for note in proposal.notes)
