"""Whatever is done to a good proposal, the proof says so: each kind of damage, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Condition, Effect, Policy
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.proof.replay import replay
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"
TODAY = parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
            {
                "Effect": "Allow",
                "Action": "dynamodb:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            },
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"},
        ],
    }
)
USES = (
    ObservedUse("s3:GetObject", "arn:aws:s3:::b/a", count=7),
    ObservedUse("s3:PutObject", "arn:aws:s3:::b/out", count=2),
    ObservedUse("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", count=5),
)
EVIDENCE = PrincipalEvidence(
    ROLE, "111122223333", "role", "app", (CurrentPolicy(f"{ROLE}#t", "t", "inline", ROLE, TODAY, "{}"),), uses=USES
)


def drop_an_action(statement):
    left = tuple(action for action in statement.actions if action != "s3:PutObject")
    return replace(statement, actions=left)


def narrow_a_resource(statement):
    return replace(statement, resources=tuple(one.replace("b/out", "b/elsewhere") for one in statement.resources))


def add_a_condition(statement):
    if statement.effect is Effect.DENY:
        return statement
    extra = Condition("IpAddress", "aws:SourceIp", ("10.0.0.0/8",))
    return replace(statement, conditions=(*statement.conditions, extra))


def widen_a_resource(statement):
    return replace(statement, resources=("*",)) if statement.effect is Effect.ALLOW else statement


def add_an_action(statement):
    return replace(statement, actions=(*statement.actions, "sqs:SendMessage"))


def forget_a_condition(statement):
    return replace(statement, conditions=())


def remove_the_deny(statement):
    return None if statement.effect is Effect.DENY else statement


def turn_allow_into_deny(statement):
    return replace(statement, effect=Effect.DENY)


DAMAGES = (
    (drop_an_action, "1 observed uses would be denied .*s3:PutObject"),
    (narrow_a_resource, "1 observed uses would be denied .*b/out"),
    (add_a_condition, "3 observed uses would be denied"),
    (widen_a_resource, "newly allowed"),
    (add_an_action, "newly allowed .*sqs:SendMessage"),
    (forget_a_condition, "newly allowed .*dynamodb:GetItem|not proven"),
    (remove_the_deny, "1 requests would be newly allowed .*b/secret/"),
    (turn_allow_into_deny, "3 observed uses would be denied"),
)


def damaged(proposal, damage):
    policies = []
    for policy in proposal.policies:
        statements = (damage(statement) for statement in policy.statements)
        policies.append(Policy(tuple(one for one in statements if one is not None), version=policy.version))
    return replace(proposal, policies=tuple(policies))


def test_the_proposal_passes_before_it_is_damaged():
    proposal = propose(EVIDENCE, catalogue())

    assert 3 == prove(EVIDENCE, proposal, catalogue()).as_json()["allowed"]


@pytest.mark.parametrize(("damage", "words"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_a_damaged_proposal_fails_its_proof(damage, words):
    proposal = propose(EVIDENCE, catalogue())
    broken = damaged(proposal, damage)
    assert broken.policies != proposal.policies, "the damage did nothing: the test proves nothing"

    with pytest.raises(ProofFailedError, match=words):
        prove(EVIDENCE, broken, catalogue())


def test_a_replay_counts_the_calls_that_would_be_denied():
    broken = damaged(propose(EVIDENCE, catalogue()), drop_an_action)

    result = replay(EVIDENCE, broken, catalogue())

    assert (14, 2, [2]) == (result.calls, result.denied_calls, [failure.calls for failure in result.failures])


def test_a_deny_that_covers_more_keeps_what_was_denied():
    def also_private(statement):
        wider = ("arn:aws:s3:::b/secret/*", "arn:aws:s3:::b/private/*")
        return replace(statement, resources=wider) if statement.effect is Effect.DENY else statement

    reworded = damaged(propose(EVIDENCE, catalogue()), also_private)

    assert 0 == prove(EVIDENCE, reworded, catalogue()).as_json()["widened"]
