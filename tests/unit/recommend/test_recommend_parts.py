"""Per policy as attached: what is shrunk in place, replaced, moved, detached or left alone, and in which order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.compare import compare
from iamaudit.policy.parse import parse
from iamaudit.policy.render import size
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.parts import INLINE_TOTAL
from iamaudit.recommend.propose import propose

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/devs"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/app-own"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
GET = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")
SEND = ObservedUse("sqs:SendMessage", QUEUE)


def held(kind, policy_id, *statements, through=ROLE, others=()):
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)
    name = policy_id.rpartition("#")[2].rpartition("/")[2]
    return CurrentPolicy(policy_id, name, kind, through, parse(document), document, others)


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def role(*current, uses=(GET,), **more):
    return PrincipalEvidence(ROLE, ACCOUNT, "role", "app", current, uses=tuple(uses), **more)


def steps(proposal):
    return [(one.kind.value, one.holder, one.policy) for one in proposal.changes]


def test_an_inline_policy_is_shrunk_in_place_with_its_text_of_before():
    inline = held("inline", f"{ROLE}#work", allow("s3:*"))

    proposal = propose(role(inline), catalogue())

    (change,) = proposal.changes
    assert ("put_inline_policy", ROLE, "work") == (change.kind.value, change.holder, change.policy)
    assert inline.document == change.before
    assert proposal.policies == (replace(parse(change.document), name=""),)


def test_a_policy_of_its_own_gets_a_new_version():
    proposal = propose(role(held("customer", OWN, allow("s3:*"))), catalogue())

    assert [("create_policy_version", "", OWN)] == steps(proposal)


@pytest.mark.parametrize("policy_id", [OWN, POWER], ids=["held by others too", "managed by AWS"])
def test_a_policy_that_is_not_its_own_is_replaced_for_this_principal_alone(policy_id):
    kind = "aws" if policy_id == POWER else "customer"
    shared = held(kind, policy_id, allow("s3:*"), others=(OTHER,))

    proposal = propose(role(shared), catalogue())

    new = f"arn:aws:iam::{ACCOUNT}:policy/app-from-{shared.name}"
    assert [("create_policy", "", new), ("attach_policy", ROLE, new), ("detach_policy", ROLE, policy_id)] == steps(
        proposal
    )
    assert [(policy_id,)] == [part.replaces for part in proposal.parts]


@pytest.mark.parametrize(
    ("kind", "policy_id", "change"),
    [
        ("inline", f"{ROLE}#old", "delete_inline_policy"),
        ("customer", OWN, "detach_policy"),
        ("aws", POWER, "detach_policy"),
    ],
    ids=["inline", "customer", "aws"],
)
def test_a_policy_of_which_nothing_is_kept_goes(kind, policy_id, change):
    idle = held(kind, policy_id, allow("ec2:*"))
    used = held("inline", f"{ROLE}#work", allow("s3:GetObject", "arn:aws:s3:::b/a"))

    proposal = propose(role(idle, used), catalogue())

    assert [change] == [one.kind.value for one in proposal.changes]
    assert [("work", True)] == [(part.name, part.is_untouched) for part in proposal.parts]


def test_a_policy_that_would_not_change_keeps_its_very_text():
    used = held("customer", OWN, allow("sqs:SendMessage", QUEUE), others=(OTHER,))
    wide = held("inline", f"{ROLE}#work", allow("s3:*"))

    proposal = propose(role(used, wide, uses=(GET, SEND)), catalogue())

    assert [("put_inline_policy", ROLE, "work")] == steps(proposal)
    assert [used.document] == [part.document for part in proposal.parts if part.is_untouched]


def test_a_use_stays_with_the_policy_that_is_easiest_to_keep():
    """The administrator policy granted it too; then its replacement would be for nothing."""
    narrow = held("inline", f"{ROLE}#work", allow("s3:GetObject", "arn:aws:s3:::b/*"))
    wide = held("aws", POWER, allow("*"))

    proposal = propose(role(narrow, wide), catalogue())

    assert ["work"] == [part.name for part in proposal.parts]
    assert ("detach_policy", ROLE, POWER) in steps(proposal)


def test_what_a_group_grants_is_a_part_and_no_change():
    group = held("customer", f"arn:aws:iam::{ACCOUNT}:policy/devs", allow("s3:*"), through=GROUP)
    own = held("inline", f"{USER}#queue", allow("sqs:*"), through=USER)
    found = PrincipalEvidence(USER, ACCOUNT, "user", "ann", (group, own), uses=(GET, SEND))

    proposal = propose(found, catalogue())

    assert [(USER, "queue"), (GROUP, "devs")] == [(part.through, part.name) for part in proposal.parts]
    assert [("put_inline_policy", USER, "queue")] == steps(proposal)
    assert proposal.policies == tuple(part.policy for part in proposal.parts)


def test_what_no_group_could_hold_is_no_proposal_for_its_member():
    group = held("customer", f"arn:aws:iam::{ACCOUNT}:policy/devs", allow(["s3:*", "sqs:*"]), through=GROUP)
    uses = [replace(GET, resource=f"arn:aws:s3:::bucket-{number:03}-{'x' * 40}/a") for number in range(40)]
    found = PrincipalEvidence(USER, ACCOUNT, "user", "ann", (group,), uses=tuple(uses))

    short = propose(found, catalogue(), largest=300, most=2, threshold=1000)
    long = propose(found, catalogue(), threshold=1000)

    assert "quota" == short.refused_kind
    assert f"`{GROUP}`" in short.refused
    assert not long.refused


def test_the_policies_of_an_identity_center_role_are_not_changed_here():
    found = role(held("aws", POWER, allow("*")), permission_set="Developers")

    proposal = propose(found, catalogue())

    assert () == proposal.changes
    assert any("`Developers`" in note for note in proposal.notes)


def test_inline_policies_that_would_grow_beyond_the_quota_become_managed():
    names = [f"arn:aws:s3:::bucket{number:03}-{'x' * 40}/a" for number in range(60)]
    inline = held("inline", f"{USER}#wide", allow("s3:*"), through=USER)
    uses = tuple(ObservedUse("s3:GetObject", name) for name in names)
    found = PrincipalEvidence(USER, ACCOUNT, "user", "ann", (inline,), uses=uses)

    proposal = propose(found, catalogue())

    new = f"arn:aws:iam::{ACCOUNT}:policy/ann-from-wide"
    assert size(proposal.policies[0]) > INLINE_TOTAL["user"]
    assert [("create_policy", "", new), ("attach_policy", USER, new), ("delete_inline_policy", USER, "wide")] == steps(
        proposal
    )


def test_what_one_version_has_no_room_for_goes_to_further_policies():
    names = [f"arn:aws:s3:::bucket{number:03}-{'x' * 40}/a" for number in range(120)]
    found = role(held("customer", OWN, allow("s3:*")), uses=[ObservedUse("s3:GetObject", name) for name in names])

    proposal = propose(found, catalogue())

    new = f"arn:aws:iam::{ACCOUNT}:policy/app-from-app-own"
    assert [("create_policy", "", new), ("attach_policy", ROLE, new), ("create_policy_version", "", OWN)] == steps(
        proposal
    )
    assert 0 == prove(found, proposal, catalogue()).as_json()["denied"]


def test_a_name_that_is_taken_gets_a_number_whatever_its_case():
    found = role(held("aws", POWER, allow("*")), taken_names=frozenset({"app-from-poweruseraccess"}))

    proposal = propose(found, catalogue())

    assert ["app-from-PowerUserAccess-2"] == [part.name for part in proposal.parts]


def test_a_user_and_a_role_of_one_name_do_not_come_to_the_same_policy():
    power = held("aws", POWER, allow("*"))
    user = PrincipalEvidence(f"arn:aws:iam::{ACCOUNT}:user/app", ACCOUNT, "user", "app", (), uses=(GET,))
    twins = [
        replace(role(power), is_name_shared=True),
        replace(user, current=(replace(power, through=user.arn),), is_name_shared=True),
    ]

    names = [propose(one, catalogue()).parts[0].name for one in twins]

    assert 2 == len({name.lower() for name in names})
    assert all(name.startswith("app-from-PowerUserAccess-") for name in names)


def test_a_long_name_is_cut_to_what_iam_takes():
    long = f"arn:aws:iam::aws:policy/{'P' * 120}"

    proposal = propose(role(held("aws", long, allow("*"))), catalogue())

    assert len(proposal.parts[0].name) <= 128


def test_at_the_quota_each_new_policy_takes_the_place_of_its_old_one():
    """Ten are attached: an eleventh finds no room, so one goes first, and its reason says so."""
    actions = ["GetObject", "PutObject", "DeleteObject", "ListBucket", "GetObjectTagging"]
    actions += ["PutObjectTagging", "GetObjectAcl", "PutObjectAcl", "GetBucketAcl", "GetBucketTagging"]
    current = [
        held("aws", f"arn:aws:iam::aws:policy/P{number}", allow([f"s3:{action}", "ec2:RunInstances"]))
        for number, action in enumerate(actions)
    ]
    uses = [
        ObservedUse(f"s3:{action}", "arn:aws:s3:::b/a" if "Object" in action else "arn:aws:s3:::b")
        for action in actions
    ]

    proposal = propose(role(*current, uses=uses), catalogue())

    attached, peak = 10, 10
    for change in proposal.changes:
        attached += {"attach_policy": 1, "detach_policy": -1}.get(change.kind.value, 0)
        peak = max(peak, attached)
    assert (10, 10) == (peak, attached)
    assert any("no more policies can be attached" in change.why for change in proposal.changes)


def test_every_step_leaves_what_was_used_allowed_and_adds_nothing():
    inline = held("inline", f"{ROLE}#work", allow("s3:*"))
    shared = held("customer", OWN, allow("sqs:*"), others=(OTHER,))
    found = role(inline, shared, uses=(GET, SEND))

    proposal = propose(found, catalogue())

    policies = {one.policy_id: one.policy for one in found.current}
    created = {}
    for change in proposal.changes:
        match change.kind.value:
            case "create_policy":
                created[change.policy] = parse(change.document)
            case "attach_policy":
                policies[change.policy] = created[change.policy]
            case "put_inline_policy":
                policies[f"{change.holder}#{change.policy}"] = parse(change.document)
            case "detach_policy":
                del policies[change.policy]
        reached = replace(proposal, policies=tuple(policies.values()))
        assert 0 == prove(found, reached, catalogue()).as_json()["denied"]
    end = tuple(policies.values())
    assert compare(proposal.policies, end, catalogue().all_actions()).contained
