"""`diff.md` says which policy each file of a bundle becomes, and the plan does what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.proof.becomes import becomes
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.propose import propose
from tests.unit.recommend.test_recommend_parts import (
    ACCOUNT,
    GET,
    GROUP,
    OWN,
    POWER,
    ROLE,
    SEND,
    USER,
    allow,
    held,
    role,
)

INLINE = held("inline", f"{ROLE}#work", allow("s3:*"))
VERSION = held("customer", OWN, allow("s3:*"))
AWS = held("aws", POWER, allow("s3:*"))
KEPT = held("inline", f"{ROLE}#queue", allow("sqs:SendMessage", SEND.resource))
GROUPS = held("inline", f"{GROUP}#team", allow("s3:*"), through=GROUP)
ANN = PrincipalEvidence(USER, ACCOUNT, "user", "ann", (GROUPS,), uses=(GET,))
OF_A_SET = role(INLINE, permission_set="Readers")


@pytest.mark.parametrize(
    ("evidence", "sentence", "changes"),
    [
        (role(INLINE), "becomes the inline policy `work`, in its place", {"put_inline_policy"}),
        (role(VERSION), "becomes a new version of the managed policy `app-own`", {"create_policy_version"}),
        (
            role(AWS),
            "becomes the new managed policy `app-from-PowerUserAccess`, in place of `PowerUserAccess`",
            {"create_policy", "attach_policy", "detach_policy"},
        ),
        (
            ANN,
            f"is what is needed of the inline policy `team` of `{GROUP}`, which this bundle does not change",
            set(),
        ),
        (OF_A_SET, "is what is needed of `work`; the permission set is what to change", set()),
    ],
    ids=["inline", "new version", "new", "of a group", "of a permission set"],
)
def test_a_file_is_told_as_what_the_plan_makes_of_it(evidence, sentence, changes):
    proposal = propose(evidence, catalogue())

    told = list(becomes(evidence, proposal))

    assert [f"`policy-1.json` {sentence}"] == told
    assert changes == {change.kind.value for change in proposal.changes}


def test_where_nothing_is_planned_nothing_becomes_anything():
    """A part of a split, or a permission set that was not collected."""
    told = list(becomes(role(INLINE), replace(propose(role(INLINE), catalogue()), changes=())))

    assert ["`policy-1.json` is what is needed of `work`; nothing is planned"] == told


def test_what_stays_is_told_as_staying():
    evidence = role(INLINE, KEPT, uses=(GET, SEND))

    told = list(becomes(evidence, propose(evidence, catalogue())))

    assert "`policy-1.json` is the inline policy `queue`, which stays as it is" == told[0]
    assert 2 == len(told)


@pytest.mark.parametrize(
    ("evidence", "made"),
    [
        (role(INLINE), "becomes the new managed policy `app-boundary`, the permissions boundary around them"),
        (
            OF_A_SET,
            (
                "could be the permissions boundary around them; nothing is planned, since the permission set `Readers` of "
                "Identity Center owns the role: give the boundary to the set"
            ),
        ),
    ],
    ids=["with a plan", "without one"],
)
def test_a_boundary_is_a_file_of_its_own(evidence, made):
    told = list(becomes(evidence, propose(evidence, catalogue(), form="boundary")))

    assert ["`policy-1.json` is the inline policy `work`, which stays as it is", f"`boundary.json` {made}"] == told


def test_the_sentences_are_in_diff_md_on_lines_of_their_own_whatever_the_name():
    hostile = replace(INLINE, name="a\n# b")
    evidence = role(hostile)
    proposal = propose(evidence, catalogue())

    files = bundle_files(evidence, proposal, prove(evidence, proposal, catalogue()))

    lines = files[f"{ACCOUNT}/role/app/diff.md"].decode().splitlines()
    assert "- `policy-1.json` becomes the inline policy `a # b`, in its place" in lines
