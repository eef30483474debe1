"""A permission set keeps in its one inline policy what was used through it in any account."""

from __future__ import annotations

import json
from dataclasses import replace

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.joint import prove_shared
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Options, Shared, propose_shared
from iamaudit.recommend.permission_sets import changes_of_set, into_inline, set_arn

SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-aaaaaaaaaaaaaaaa"
ACCOUNTS = ("111122223333", "444455556666")
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


def held(kind, policy_id, *statements):
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)
    name = policy_id.rpartition("#")[2].rpartition("/")[2]
    return CurrentPolicy(policy_id, name, kind, SET, parse(document), document)


def allow(actions, resources="*"):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


INLINE = held("inline", f"{SET}#AwsSSOInlinePolicy", allow("sqs:*"))
BROAD = held("aws", POWER, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
EXACT = held("aws", VIEW, allow("ec2:DescribeInstances"))
REFERENCE = held("customer", "/own/teams", allow("sns:*"))
DESCRIBE = ObservedUse("ec2:DescribeInstances", "*")


def get(account):
    return ObservedUse("s3:GetObject", f"arn:aws:s3:::data-{account}/a")


def shared(*current, arn=SET, uses=get):
    roles = [
        PrincipalEvidence(
            f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef",
            account,
            "role",
            "AWSReservedSSO_Dev_0123456789abcdef",
            current,
            uses=(uses(account), DESCRIBE),
            permission_set="Dev",
        )
        for account in ACCOUNTS
    ]
    thing = PrincipalEvidence(arn, "", "permission_set", "Dev", tuple(replace(one, through=arn) for one in current))
    return Shared(thing, tuple(Holder(role) for role in roles))


def proposed(thing):
    return propose_shared(thing, catalogue(), Options(), (into_inline, changes_of_set))


def steps(proposal):
    return [(one.kind.value, one.holder, one.policy) for one in proposal.changes]


def test_what_any_account_used_of_a_policy_of_aws_moves_into_the_inline_one():
    thing = shared(INLINE, BROAD)

    proposal = proposed(thing)

    assert [
        ("put_inline_policy_to_permission_set", SET, "AwsSSOInlinePolicy"),
        ("detach_managed_policy_from_permission_set", SET, POWER),
        ("provision_permission_set", SET, ""),
    ] == steps(proposal)
    assert INLINE.document == proposal.changes[0].before
    (policy,) = proposal.policies
    resources = {one for statement in policy.statements for one in statement.resources}
    assert {f"arn:aws:s3:::data-{account}/a" for account in ACCOUNTS} <= resources
    certificate = prove_shared(thing, proposal, catalogue()).as_json()
    assert (4, 0, 0) == (certificate["allowed"], certificate["denied"], certificate["widened"])


def test_an_attached_policy_that_is_wholly_needed_stays_attached():
    proposal = proposed(shared(EXACT, REFERENCE))

    assert [
        ("detach_customer_managed_policy_reference_from_permission_set", SET, "/own/teams"),
        ("provision_permission_set", SET, ""),
    ] == steps(proposal)
    assert [VIEW] == [part.policy_id for part in proposal.parts]


def test_a_set_without_an_inline_policy_gets_one():
    proposal = proposed(shared(BROAD))

    assert None is proposal.changes[0].before
    assert "put_inline_policy_to_permission_set" == proposal.changes[0].kind.value


def test_an_inline_policy_that_nobody_used_is_taken_away():
    proposal = proposed(shared(INLINE, EXACT))

    assert [
        ("delete_inline_policy_from_permission_set", SET, "AwsSSOInlinePolicy"),
        ("provision_permission_set", SET, ""),
    ] == steps(proposal)


def test_a_set_whose_arn_is_not_known_has_policies_and_no_plan():
    proposal = proposed(shared(BROAD, arn=set_arn("Dev")))

    assert () == proposal.changes
    assert 1 == len(proposal.policies)


def test_what_is_longer_than_a_role_takes_is_refused():
    def many(account):
        return ObservedUse("s3:GetObject", f"arn:aws:s3:::{account}{'x' * 5000}/a")

    proposal = proposed(shared(BROAD, uses=many))

    assert "quota" == proposal.refused_kind
    assert "10240" in proposal.refused
