"""A boundary around today's policies: nothing that was used is refused, and nothing can be added by it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings

from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose
from tests.amount import examples
from tests.properties import strategies_recommend as small

ROLE = "arn:aws:iam::111122223333:role/app"
GET = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")
SEND = ObservedUse("sqs:SendMessage", "arn:aws:sqs:eu-west-1:444455556666:theirs")


def role(*statements, uses=(GET,), **more):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    current = CurrentPolicy(f"{ROLE}#today", "today", "inline", ROLE, parse(text), text)
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), uses=tuple(uses), **more)


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def test_todays_policies_stay_and_one_boundary_is_put_around_them():
    found = role(allow("*"))

    proposal = propose(found, catalogue(), form="boundary")

    assert (found.current[0].policy,) == proposal.policies
    arn = "arn:aws:iam::111122223333:policy/app-boundary"
    assert [("create_policy", "", arn), ("put_permissions_boundary", ROLE, arn)] == [
        (change.kind.value, change.holder, change.policy) for change in proposal.changes
    ]
    assert [("s3:GetObject",)] == [one.actions for one in proposal.boundary.statements]
    assert "iam:CreateUser" in proposal.dropped


def test_a_use_that_a_resource_policy_granted_is_allowed_in_the_boundary():
    found = role(allow("s3:*"), uses=(GET, SEND))

    proposal = propose(found, catalogue(), form="boundary")

    assert ("GrantedByResourcePolicies", ("sqs:SendMessage",), (SEND.resource,)) in [
        (one.sid, one.actions, one.resources) for one in proposal.boundary.statements
    ]


def test_a_boundary_that_forgets_a_use_fails_its_proof():
    found = role(allow("*"))
    proposal = propose(found, catalogue(), form="boundary")
    forgetful = replace(proposal, boundary=parse({"Version": "2012-10-17", "Statement": [allow("sqs:*")]}))

    assert 0 == prove(found, proposal, catalogue()).as_json()["denied"]
    with pytest.raises(ProofFailedError, match="s3:GetObject"):
        prove(found, forgetful, catalogue())


def test_who_has_a_boundary_keeps_it():
    found = role(allow("*"), boundary=parse({"Version": "2012-10-17", "Statement": [allow("s3:*")]}))

    proposal = propose(found, catalogue(), form="boundary")

    assert ("boundary", ()) == (proposal.refused_kind, proposal.changes)


def test_without_any_use_the_boundary_refuses_everything():
    found = role(allow("*"), uses=())

    proposal = propose(found, catalogue(), form="boundary")

    decider = Decider(PolicySet(identity=proposal.policies, boundary=(proposal.boundary,)))
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::b/a")
    assert Decision.ALLOWED is not decider.decide_for_caller(request).decision


def test_a_boundary_is_one_policy_or_none():
    names = [f"arn:aws:s3:::bucket{number:03}-{'x' * 40}/a" for number in range(150)]
    found = role(allow("*"), uses=[ObservedUse("s3:GetObject", name) for name in names])

    proposal = propose(found, catalogue(), form="boundary")

    assert "quota" == proposal.refused_kind
    assert "as a boundary it must be one policy" in proposal.refused


def test_the_bundle_holds_the_boundary():
    found = role(allow("*"))
    proposal = propose(found, catalogue(), form="boundary")

    files = bundle_files(found, proposal, prove(found, proposal, catalogue()))

    folder = "111122223333/role/app"
    assert proposal.boundary == replace(parse(files[f"{folder}/boundary.json"].decode()), name="")
    assert found.current[0].document == files[f"{folder}/policy-1.json"].decode().rstrip("\n")
    assert b"s3:GetObject" in files[f"{folder}/diff.md"]


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small.evidence())
def test_every_boundary_passes_its_proof(evidence):
    found = replace(evidence, boundary=None)

    proposal = propose(found, small.SmallCatalogue(), form="boundary")

    assume(not proposal.refused)
    assert size(proposal.boundary) <= 6144
    assert 0 == prove(found, proposal, small.SmallCatalogue()).as_json()["denied"]
