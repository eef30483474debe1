"""A group is shrunk to what its members use of it, all together, and proven for each of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.proof.joint import prove_shared
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.joint import Holder, Options, Shared, merged_guards, propose_shared
from iamaudit.recommend.propose import propose

ACCOUNT = "111122223333"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/devs"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
GET = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a", count=3)
SEND = ObservedUse("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs", count=2)


def held(kind, policy_id, *statements, through=GROUP, **more):
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)
    name = policy_id.rpartition("#")[2].rpartition("/")[2]
    return CurrentPolicy(policy_id, name, kind, through, parse(document), document, **more)


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


WORK = held("inline", f"{GROUP}#work", allow(["s3:*", "sqs:*", "iam:*"]))


def user(name, *uses, own=(), of_group=(WORK,), **more):
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return PrincipalEvidence(arn, ACCOUNT, "user", name, (*own, *of_group), uses=uses, **more)


def group(*members, current=(WORK,), **more):
    thing = PrincipalEvidence(GROUP, ACCOUNT, "group", "devs", current, **more)
    return Shared(
        thing, tuple(Holder(one, tuple(each for each in one.current if each.through != GROUP)) for one in members)
    )


def proposed(shared, **options):
    return propose_shared(shared, catalogue(), Options(**options))


def proven(shared, proposal):
    return prove_shared(shared, proposal, catalogue()).as_json()


def test_the_group_keeps_what_any_member_used_of_it_and_is_shrunk_in_place():
    shared = group(user("ann", GET), user("bob", SEND))

    proposal = proposed(shared)

    (change,) = proposal.changes
    assert ("put_inline_policy", GROUP, "work") == (change.kind.value, change.holder, change.policy)
    assert WORK.document == change.before
    assert ("s3:GetObject", "sqs:SendMessage") == proposal.allowed_actions
    assert "iam:CreateUser" in proposal.dropped


def test_the_proof_tells_the_numbers_of_each_member_and_their_sum():
    shared = group(user("ann", GET), user("bob", SEND, GET), user("eve"))

    certificate = proven(shared, proposed(shared))

    assert (3, 3, 0, 0, 8) == tuple(certificate[name] for name in ("replayed", "allowed", "denied", "widened", "calls"))
    assert [1, 2, 0] == [one["allowed"] for one in certificate["holders"]]
    assert any("`eve`" in note for note in certificate["notes"])


def test_a_use_that_a_member_has_by_its_own_policy_too_stays_in_the_group():
    # the member's own plan may leave the use to the group, and the other way round
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    own = held("inline", f"{arn}#own", allow("s3:Get*"), through=arn)
    ann = user("ann", GET, own=(own,))

    of_group, of_ann = proposed(group(ann)), propose(ann, catalogue())

    assert ("s3:GetObject",) == of_group.allowed_actions
    assert "s3:GetObject" in of_ann.allowed_actions


def test_the_variables_of_a_group_policy_are_those_of_each_member():
    home = held("inline", f"{GROUP}#home", allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"))
    inside = ObservedUse("s3:GetObject", "arn:aws:s3:::home/ann/a")
    shared = group(user("ann", inside, of_group=(home,)), user("bob", of_group=(home,)), current=(home,))

    certificate = proven(shared, proposed(shared))

    assert (1, 0) == (certificate["allowed"], certificate["denied"])


@pytest.mark.parametrize(
    ("members", "words"),
    [((), "nobody holds it"), ((user("ann"),), "used nothing of it")],
    ids=["no members", "no use"],
)
def test_a_group_that_nobody_needs_gives_up_its_policies(members, words):
    power = held("aws", POWER, allow("*"))
    shared = group(*(replace(one, current=(WORK, power)) for one in members), current=(WORK, power))

    proposal = proposed(shared)

    assert [("delete_inline_policy", "work"), ("detach_policy", POWER)] == [
        (one.kind.value, one.policy) for one in proposal.changes
    ]
    assert any(words in note for note in proposal.notes)
    assert 0 == proven(shared, proposal)["widened"]


def test_what_the_logs_cannot_show_of_one_member_stays_for_all():
    shared = group(user("ann", GET), user("bob", unknown=(UnknownGrant("iam:PassRole", "never seen"),)))

    kept, dropped = proposed(shared), proposed(shared, keep_unknown=False)

    assert ("iam:PassRole",) == kept.unknown_kept
    assert "iam:PassRole" not in dropped.allowed_actions


@pytest.mark.parametrize("guard", ["protected", "fresh"])
def test_what_is_guarded_for_one_member_is_so_for_the_group(guard):
    own = replace(WORK, **{guard: "it is"})

    merged = merged_guards([WORK, own], through=GROUP)

    assert ("it is", GROUP) == (getattr(merged, guard), merged.through)


def test_a_group_with_a_protected_member_is_left_alone():
    proposal = proposed(group(user("ann", GET), user("root-like", protected="the user has the tag `x`")))

    assert ("protected", "`root-like` holds it: the user has the tag `x`") == (
        proposal.refused_kind,
        proposal.refused,
    )


def test_a_group_that_grants_just_what_is_used_has_nothing_to_do():
    exact = held("inline", f"{GROUP}#exact", allow("s3:GetObject", "arn:aws:s3:::b/a"))

    proposal = proposed(group(user("ann", GET, of_group=(exact,)), current=(exact,)))

    assert "nothing_to_do" == proposal.refused_kind


def test_a_proposal_that_one_member_would_feel_fails_its_proof():
    shared = group(user("ann", GET), user("bob", SEND))
    only_ann = parse({"Version": "2012-10-17", "Statement": [allow("s3:GetObject", "arn:aws:s3:::b/a")]})

    with pytest.raises(ProofFailedError, match="sqs:SendMessage"):
        proven(shared, replace(proposed(shared), policies=(only_ann,)))


def test_a_proposal_that_grants_more_than_the_group_fails_even_where_a_member_may_do_it_by_itself():
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    own = held("inline", f"{arn}#own", allow("ec2:*"), through=arn)
    shared = group(user("ann", GET, own=(own,)), user("bob"))
    more = parse({"Version": "2012-10-17", "Statement": [allow(["s3:GetObject", "ec2:RunInstances"])]})

    with pytest.raises(ProofFailedError, match="newly allowed"):
        proven(shared, replace(proposed(shared), policies=(more,)))


def test_a_deny_of_the_group_stays_whoever_uses_what():
    deny = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    both = held("inline", f"{GROUP}#both", allow("s3:*"), deny)
    shared = group(user("ann", of_group=(both,)), current=(both,))

    proposal = proposed(shared)

    (policy,) = proposal.policies
    assert ["Deny"] == [one.effect.value for one in policy.statements]
    with pytest.raises(ProofFailedError):
        proven(shared, replace(proposal, policies=(Policy(()),)))
