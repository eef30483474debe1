"""Parties inside a role that use parts of their own are told apart; who does the same work is one party."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose
from iamaudit.recommend.split import split_of

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shared"
TEXT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ANN, BOB, EVE = ("identity_center", "ann"), ("identity_center", "bob"), ("function", "reporter")
SESSION = ("session", "whatever")


def reads(bucket, numbers=range(10)):
    return [ObservedUse("s3:GetObject", f"arn:aws:s3:::{bucket}-{number}/a") for number in numbers]


def role(*uses):
    current = (CurrentPolicy(f"{ROLE}#all", "all", "inline", ROLE, parse(TEXT), TEXT),)
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    return PrincipalEvidence(
        ROLE, ACCOUNT, "role", "shared", current, uses=tuple(uses), window_start=start, window_end=end
    )


def split(uses):
    return split_of(role(*(use for found in uses.values() for use in found)), uses, catalogue())


def parties(uses):
    found = split(uses)
    return None if found is None else [[name for _, name in part.actors] for part in found.parts]


def test_two_who_use_parts_of_their_own_are_two_parties():
    assert [["ann"], ["reporter"]] == parties({ANN: reads("a", range(12)), EVE: reads("b")})


def test_who_does_the_same_work_is_one_party_though_the_calls_differ_a_little():
    uses = {ANN: reads("a"), BOB: reads("a", range(3, 15)), EVE: reads("b")}

    assert [["ann", "bob"], ["reporter"]] == parties(uses)


def test_one_that_has_something_in_common_with_both_puts_them_together():
    uses = {ANN: reads("a"), BOB: reads("b"), EVE: [*reads("a", range(5)), *reads("b", range(5))]}

    assert None is parties(uses)


@pytest.mark.parametrize(
    "uses",
    [
        {ANN: reads("a")},
        {ANN: reads("a"), BOB: reads("a")},
        {ANN: reads("a"), BOB: reads("a", range(2))},
        {ANN: reads("a"), BOB: reads("b", range(2))},
        {ANN: reads("a"), SESSION: reads("b")},
        {ANN: reads("a"), ("identity_center", ""): reads("b")},
        {},
    ],
    ids=["one", "the same", "a part of the other's", "too small", "no lasting name", "no name", "nobody"],
)
def test_nothing_is_to_be_split(uses):
    assert None is parties(uses)


def test_what_others_used_is_counted_and_told():
    found = split({ANN: reads("a"), BOB: reads("b"), SESSION: [*reads("c", range(4)), *reads("a")]})

    assert 4 == found.apart
    assert "4 pairs were used by others" in found.note()
    assert all(name in found.note() for name in ("`ann`", "`bob`"))


def test_each_party_gets_a_policy_that_allows_its_own_use_alone_and_has_its_proof():
    found = split({ANN: reads("a"), BOB: reads("b")})

    for part, own, others in zip(found.parts, ("a-", "b-"), ("b-", "a-"), strict=True):
        evidence = found.evidence_of(part)
        proposal = propose(evidence, catalogue())
        certificate = prove(evidence, proposal, catalogue()).as_json()
        text = str(proposal.policies)
        assert (10, 0, 0) == (certificate["allowed"], certificate["denied"], certificate["widened"])
        assert f"arn:aws:s3:::{own}" in text
        assert f"arn:aws:s3:::{others}" not in text
        assert any("nothing is planned" in note for note in certificate["notes"])


def test_the_order_of_the_actors_does_not_matter():
    uses = {ANN: reads("a"), BOB: reads("a", range(5, 12)), EVE: reads("b")}

    assert parties(uses) == parties(dict(reversed(uses.items())))


def test_a_party_that_runs_tasks_passes_the_roles_of_their_definitions():
    passed = ObservedUse("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app", evidence="implied")
    run = ObservedUse("ecs:RunTask", f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/t:*")
    found = split({ANN: [*reads("a", range(12)), passed, run], EVE: reads("b")})

    of_each = {part.words(): found.evidence_of(part).uses for part in found.parts}

    assert [1, 0] == [
        sum(use.action == "iam:PassRole" and use.resource == "*" for use in uses) for uses in of_each.values()
    ]
