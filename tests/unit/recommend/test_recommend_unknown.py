"""What is given up when not everything unknown fits, what is not, and what is said of it."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.cross_service import cross_service_actions
from iamaudit.policy.expand import expand
from iamaudit.policy.parse import parse
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.propose import propose
from iamaudit.recommend.wildcards import shortened

ROLE = "arn:aws:iam::111122223333:role/app"
NO_API = "no API operation has this name"
PROTOCOL = "database protocol, not or only partly logged"
GAP = "no logs of the account on 3 of 90 days, first on 2026-04-19"


def evidence(unknown, *uses, **statement):
    body = {"Effect": "Allow", "Action": "*", "Resource": "*", **statement}
    document = {"Version": "2012-10-17", "Statement": [{k: v for k, v in body.items() if v is not None}]}
    current = CurrentPolicy(f"{ROLE}#today", "today", "customer", ROLE, parse(document), "{}")
    grants = tuple(UnknownGrant(action, reason) for action, reason in unknown)
    return PrincipalEvidence(ROLE, "111122223333", "role", "app", (current,), uses=uses, unknown=grants)


def named_by(proposal):
    return expand(proposal.allowed_actions, catalogue().all_actions())


def test_what_fits_gives_nothing_up():
    found = evidence([("a4b:GetDevice", NO_API), ("iam:PassRole", NO_API)])

    proposal = propose(found, catalogue())

    assert ("a4b:GetDevice", "iam:PassRole") == proposal.unknown_kept
    assert () == proposal.unknown_dropped


def test_what_does_not_fit_gives_up_permission_only_actions_of_services_never_used():
    idle = tuple(sorted(expand(["billing:Get*"], catalogue().all_actions())))
    unknown = [
        *((action, NO_API) for action in idle),
        ("iam:PassRole", NO_API),
        ("ec2:CreateTags", NO_API),
        ("sqs:AddPermission", NO_API),
        ("neptune-db:connect", PROTOCOL),
    ]
    found = evidence(unknown, ObservedUse("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:jobs"))

    proposal = propose(found, catalogue(), largest=450, most=1, cross_service=cross_service_actions())

    assert idle == proposal.unknown_dropped
    assert ("ec2:CreateTags", "iam:PassRole", "neptune-db:connect", "sqs:AddPermission") == proposal.unknown_kept
    assert "permission-only actions of services that were never used are left out" in proposal.notes[0]
    assert "" == proposal.refused_kind


def test_what_still_does_not_fit_is_refused_and_says_what_to_do():
    neptune = expand(["neptune-db:*", "rds-db:*"], catalogue().all_actions())
    found = evidence([(action, PROTOCOL) for action in neptune])

    proposal = propose(found, catalogue(), largest=250, most=1)

    assert "quota" == proposal.refused_kind
    assert "`--wildcards` writes them shorter" in proposal.refused


def test_wildcards_that_were_asked_for_name_exactly_what_is_kept():
    neptune = expand(["neptune-db:*", "rds-db:*"], catalogue().all_actions())
    found = evidence([(action, PROTOCOL) for action in neptune])

    proposal = propose(found, catalogue(), largest=250, most=1, wildcards=True)

    assert neptune == named_by(proposal)
    assert [] == prove(found, proposal, catalogue()).as_json()["not_proven"]


def test_no_wildcard_is_written_that_nobody_asked_for():
    found = evidence([(action, PROTOCOL) for action in expand(["neptune-db:*"], catalogue().all_actions())])

    proposal = propose(found, catalogue())

    assert not any("*" in action for action in proposal.allowed_actions)


def test_what_cannot_fit_is_refused_and_says_so():
    found = evidence([(action, PROTOCOL) for action in catalogue().all_actions()[::3]])

    proposal = propose(found, catalogue(), most=1)

    assert "quota" == proposal.refused_kind
    assert "managed policies, and AWS attaches at most 1" in proposal.refused
    assert () == proposal.policies


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        (GAP, "run with `--tolerate-gap-days 3` to accept them"),
        ("the lake has no logs of account 111122223333 in the window", "ingest its logs"),
        ("the window begins on 2026-03-01, the logs of the account on 2026-05-01", "give a shorter `--window-days`"),
    ],
)
def test_an_account_without_usable_logs_is_refused_with_that_reason(reason, remedy):
    proposal = propose(evidence([("sqs:SendMessage", reason)]), catalogue())

    assert "coverage" == proposal.refused_kind
    assert proposal.refused.startswith(reason)
    assert remedy in proposal.refused


def test_who_gives_up_the_unknown_is_not_refused_for_a_gap():
    proposal = propose(evidence([("sqs:SendMessage", GAP)]), catalogue(), keep_unknown=False)

    assert "" == proposal.refused


def test_where_everything_granted_is_used_there_is_nothing_to_do():
    queue = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    found = evidence([], ObservedUse("sqs:SendMessage", queue), Action="sqs:SendMessage", Resource=queue)

    proposal = propose(found, catalogue())

    assert "nothing_to_do" == proposal.refused_kind


def test_wildcards_stop_at_words_and_at_what_is_granted():
    names = ("x:GetThing", "x:GetThings", "x:ListA", "x:ListB", "x:Getter", "y:A", "y:B")
    wanted = ["x:GetThing", "x:GetThings", "x:ListA", "x:ListB", "y:A", "y:B", "z:New"]

    written = shortened(wanted, names, lambda pattern: not pattern.startswith("y"))

    # `x:Get*` would name Getter too; one word and its plural share no whole word but the verb
    assert ("x:GetThing", "x:GetThings", "x:List*", "y:A", "y:B", "z:New") == written
