"""AWS's words about a refused call are compared with our tables."""

from __future__ import annotations

import pytest

from iamaudit.usage.call import Call
from iamaudit.usage.disagreements import OTHER, SECONDARY, UNKNOWN, Disagreement, disagreement, disagreement_notes

RUN = {"iamInstanceProfile": {"arn": "arn:aws:iam::111122223333:instance-profile/p"}}


def refused(source, name, action, request=None):
    words = f"User: arn:aws:iam::111122223333:user/ann is not authorized to perform: {action} on resource: *"
    return Call(f"{source}.amazonaws.com", name, error_code="AccessDenied", error_message=words, request=request)


@pytest.mark.parametrize(
    "call",
    [
        refused("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        refused("s3", "DeleteBucketCors", "s3:PutBucketCors"),
        refused("ec2", "RunInstances", "iam:PassRole", RUN),
        refused("s3", "GetObject", "s3:ListBucket", {"bucketName": "b", "key": "missing"}),
        refused("s3", "HeadObject", "s3:ListBucket", {"bucketName": "b", "key": "missing"}),
        Call("s3.amazonaws.com", "GetObject", error_message="Access Denied"),
        Call("s3.amazonaws.com", "GetObject"),
    ],
)
def test_where_the_tables_say_the_same_or_aws_says_nothing_there_is_no_disagreement(call):
    assert disagreement(call) is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (refused("kms", "Decrypt", "kms:encrypt"), Disagreement("kms:Encrypt", ("kms:Decrypt",), OTHER)),
        (refused("ssm", "GetParameter", "kms:Decrypt"), Disagreement("kms:Decrypt", ("ssm:GetParameter",), SECONDARY)),
        (refused("kms", "Decrypt", "kms:Invent"), Disagreement("kms:Invent", ("kms:Decrypt",), UNKNOWN)),
        (
            refused("s3", "GetBucketPolicy", "s3:ListBucket", {"bucketName": "b"}),
            Disagreement("s3:ListBucket", ("s3:GetBucketPolicy",), OTHER),
        ),
    ],
)
def test_another_action_is_told_with_what_kind_of_difference_it_is(call, expected):
    assert expected == disagreement(call)


def test_who_looks_at_the_event_reads_what_aws_and_what_the_tables_say():
    words = [
        disagreement_notes(refused("kms", "Decrypt", action)) for action in ("kms:Encrypt", "kms:Invent", "kms:Decrypt")
    ]

    assert [
        (
            "AWS evaluated `kms:Encrypt`, our tables say `kms:Decrypt`: their row of the event is wrong, or lacks a companion",
        ),
        ("AWS evaluated `kms:Invent`, our tables say `kms:Decrypt`: the action catalogue does not have it",),
        (),
    ] == words
