"""The grammar of AWS's refusals (domain.md §1.4)."""

from __future__ import annotations

import pytest

from iamaudit.usage.call import Call
from iamaudit.usage.denials import parse_denial, refusal_notes

WHO = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: "


@pytest.mark.parametrize(
    ("message", "action", "resource"),
    [
        (WHO + "sts:AssumeRole on resource: arn:aws:iam::1:role/r", "sts:AssumeRole", "arn:aws:iam::1:role/r"),
        (WHO + "lambda:ListFunctions on resource: * with an explicit deny", "lambda:ListFunctions", "*"),
        (WHO + "rds:DeleteDBInstance", "rds:DeleteDBInstance", None),
        (WHO + 's3:GetObject on resource: "arn:aws:s3:::b/k" because no', "s3:GetObject", "arn:aws:s3:::b/k"),
        (WHO + "s3:GetObject on resource: arn:aws:s3:::b/a key because no", "s3:GetObject", "arn:aws:s3:::b/a key"),
        (WHO + "s3:PutObject on resource: arn:aws:s3:::b/a key", "s3:PutObject", "arn:aws:s3:::b/a key"),
        (WHO + "s3:X on resource: arn:aws:s3:::b/k (Service: S3, Status Code: 403)", "s3:X", "arn:aws:s3:::b/k"),
        ("User is not authorized to perform: rds:StopActivityStream", "rds:StopActivityStream", None),
        ("You are not authorized to perform this operation. " + WHO + "ec2:X on resource: *", "ec2:X", "*"),
    ],
)
def test_action_and_resource_are_read(message, action, resource):
    found = parse_denial(message)

    assert (action, resource) == (found.action, found.resource)


def test_the_reason_is_kept():
    found = parse_denial(WHO + "s3:GetObject because no identity-based policy allows the s3:GetObject action")

    assert found.reason == "no identity-based policy allows the s3:GetObject action"


@pytest.mark.parametrize("message", ["", "Access Denied", "Encoded authorization failure message: abc"])
def test_a_message_without_action_says_nothing(message):
    assert parse_denial(message) is None


@pytest.mark.parametrize(
    ("event", "code", "message", "unknown"),
    [
        ("GetObject", "AccessDenied", "Access Denied", True),
        ("HeadObject", "403", "", True),
        ("GetObject", "AccessDenied", WHO + "s3:ListBucket on resource: arn:aws:s3:::b because no", True),
        ("GetObject", "AccessDenied", WHO + "s3:GetObject on resource: arn:aws:s3:::b/k because no", False),
        ("PutObject", "AccessDenied", "Access Denied", False),
    ],
)
def test_a_missing_key_is_told_from_a_refusal_by_the_words_alone(event, code, message, unknown):
    notes = refusal_notes(Call("s3.amazonaws.com", event, error_code=code, error_message=message))

    assert unknown is any("missing key" in note and "unknown" in note for note in notes)


@pytest.mark.parametrize(
    ("code", "unknown"),
    [("KMSAccessDeniedException", True), ("EC2AccessDeniedException", True), ("AccessDenied", False)],
)
def test_a_code_that_names_another_service_leaves_open_who_was_refused(code, unknown):
    notes = refusal_notes(Call("lambda.amazonaws.com", "Invoke", error_code=code))

    assert unknown is any("unknown whether the caller" in note for note in notes)
