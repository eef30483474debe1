"""The grammar of AWS's refusals (domain.md §1.4)."""

from __future__ import annotations

import pytest

from iamaudit.usage.denials import parse_denial

WHO = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: "


@pytest.mark.parametrize(
    ("message", "action", "resource"),
    [
        (WHO + "sts:AssumeRole on resource: arn:aws:iam::1:role/r", "sts:AssumeRole", "arn:aws:iam::1:role/r"),
        (WHO + "lambda:ListFunctions on resource: * with an explicit deny", "lambda:ListFunctions", "*"),
        (WHO + "rds:DeleteDBInstance", "rds:DeleteDBInstance", None),
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
