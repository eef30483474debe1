"""diff.md shows each policy that changes beside what it replaces, and nothing of those that stay."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.policy.parse import parse
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import propose

ROLE = "arn:aws:iam::111122223333:role/app"
USES = (ObservedUse("s3:GetObject", "arn:aws:s3:::b/a"), ObservedUse("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q"))


def policy(policy_id, *actions, kind="customer"):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return CurrentPolicy(policy_id, policy_id.rpartition("/")[2], kind, ROLE, parse(text), text)


def page(*current, uses=USES, **fields):
    evidence = PrincipalEvidence(ROLE, "111122223333", "role", "app", current, uses=uses, **fields)
    proposal = propose(evidence, catalogue())
    files = bundle_files(evidence, proposal, prove(evidence, proposal, catalogue()))
    return files[f"111122223333/{evidence.kind}/{evidence.name}/diff.md"].decode()


def places(text):
    return re.findall(r"^--- (.*)\n\+\+\+ (.*)$", text, re.MULTILINE)


OBJECTS = policy("arn:aws:iam::111122223333:policy/objects", "s3:*")
QUEUES = policy("arn:aws:iam::aws:policy/Queues", "sqs:*", kind="aws")
IDLE = policy("arn:aws:iam::111122223333:policy/idle", "glue:DeleteTable", "glue:GetTable")


def test_each_policy_stands_beside_what_it_replaces_and_what_goes_is_shown_last():
    text = page(QUEUES, IDLE, OBJECTS)

    assert [
        ("objects today", "policy-1.json"),
        ("Queues today", "policy-2.json"),
        ("idle today", "taken away"),
    ] == places(text)


def test_what_stays_as_it_is_is_not_shown():
    exact = policy("arn:aws:iam::111122223333:policy/exact", "s3:ListAllMyBuckets")

    text = page(exact, QUEUES, uses=(*USES[1:], ObservedUse("s3:ListAllMyBuckets", "*")))

    assert [("Queues today", "policy-2.json")] == places(text)
    assert "ListAllMyBuckets" not in text.partition("```diff")[2]


def test_a_policy_that_becomes_two_is_shown_once():
    # buckets that have nothing in common, too many for one policy
    letters = str.maketrans("0123456789", "qwertzuiop")
    names = [str(number * 7919 + 10**24).translate(letters) for number in range(200)]
    many = tuple(ObservedUse("s3:GetObject", f"arn:aws:s3:::{name[::-1]}/a") for name in names)

    text = page(OBJECTS, uses=many)

    assert ("objects today", "policy-1.json") == places(text)[0]
    assert {"nothing today"} == {before for before, _ in places(text)[1:]}
    assert len(places(text)) > 1
    told = [line for line in text.split("\n") if line.startswith("- `policy-2.json`")]
    assert [True] == [line.endswith("with what has no room in `objects`") for line in told]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "# Role `app` of account 111122223333"),
        ({"name": "a`b\nc"}, "# Role `a'b c` of account 111122223333"),
    ],
    ids=["plain", "hostile"],
)
def test_the_title_says_what_it_is_about(fields, title):
    evidence = replace(PrincipalEvidence(ROLE, "111122223333", "role", "app", (OBJECTS,), uses=USES[:1]), **fields)
    proposal = propose(evidence, catalogue())

    files = bundle_files(evidence, proposal, prove(evidence, proposal, catalogue()))

    assert title == next(text for path, text in files.items() if path.endswith("diff.md")).decode().split("\n")[0]


def test_a_hostile_name_is_one_label():
    text = page(replace(OBJECTS, name="x\n+++ y"))

    assert [("x_+++ y today", "policy-1.json")] == places(text)
