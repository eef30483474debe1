"""Containment: conditions that follow from others, Denies that stay or do not matter, and cases."""

import pytest

from iamaudit.policy.compare import compare
from iamaudit.policy.parse import parse

ACTIONS = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
BUCKET = "arn:aws:s3:::reports/*"
SECRET = "arn:aws:s3:::reports/secret/*"


def policy_of(*statements):
    bodies = [{"Effect": "Allow", "Action": "s3:GetObject", **statement} for statement in statements]
    bodies = [body if "NotResource" in body else {"Resource": BUCKET, **body} for body in bodies]
    return parse({"Version": "2012-10-17", "Statement": bodies})


def when(operator, key, *values):
    return {"Condition": {operator: {key: list(values)}}}


@pytest.mark.parametrize(
    ("strict", "loose"),
    [
        (("NumericLessThanEquals", "k", "599"), ("NumericLessThan", "k", "600")),
        (("NumericEquals", "k", "5"), ("NumericGreaterThanEquals", "k", "5.0")),
        (("NumericLessThan", "k", "5"), ("NumericNotEquals", "k", "5")),
        (("DateGreaterThan", "k", "2026-01-01T00:00:00Z"), ("DateGreaterThanEquals", "k", "2025-12-31T23:00:00-01:00")),
        (("DateEquals", "k", "2026-01-01"), ("DateLessThan", "k", "1799000000")),
        (("IpAddress", "k", "10.1.0.0/16"), ("IpAddress", "k", "10.0.0.0/8")),
        (("IpAddress", "k", "10.1.0.0/16"), ("NotIpAddress", "k", "192.0.2.0/24", "2001:db8::/32")),
        (("StringEquals", "k", "10.1.2.3"), ("IpAddress", "k", "10.0.0.0/8")),
        (("StringEquals", "k", "aws-cli/2"), ("StringLike", "k", "aws-*")),
        (("StringEquals", "k", "Red"), ("StringEqualsIgnoreCase", "k", "red")),
        (("StringEquals", "k", "red"), ("StringNotEquals", "k", "blue", "green")),
        (("StringLike", "k", "red*"), ("StringNotLike", "k", "blue*")),
        (("StringEquals", "k", "red"), ("StringEqualsIfExists", "k", "red")),
        (("StringEquals", "k", "red"), ("ForAllValues:StringEquals", "k", "red", "blue")),
        (("StringEquals", "k", "red"), ("ForAnyValue:StringLike", "k", "r*")),
        (("StringEquals", "k", "red"), ("Null", "k", "false")),
        (("Null", "k", "true"), ("StringNotEquals", "k", "red")),
        (("Null", "k", "true"), ("BoolIfExists", "k", "true")),
        (("Bool", "k", "true"), ("BoolIfExists", "k", "True")),
        (("ArnLike", "k", "arn:aws:iam::1:role/app/*"), ("ArnEquals", "k", "arn:aws:iam::*:role/*")),
        (("ArnEquals", "k", "arn:aws:iam::1:role/app"), ("StringLike", "k", "arn:aws:iam::1:*")),
        (("StringLike", "k", "${aws:username}/*"), ("StringLike", "k", "${aws:username}*")),
    ],
)
def test_a_condition_follows_from_a_stricter_one(strict, loose):
    comparison = compare([policy_of(when(*loose))], [policy_of(when(*strict))], ACTIONS)

    assert comparison.contained


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (("NumericLessThanEquals", "k", "600"), ("NumericLessThan", "k", "600")),
        (("IpAddress", "k", "10.0.0.0/8"), ("IpAddress", "k", "10.1.0.0/16")),
        (("StringEqualsIfExists", "k", "red"), ("StringEquals", "k", "red")),
        (("StringEqualsIgnoreCase", "k", "Red"), ("StringEquals", "k", "red")),
        (("ForAnyValue:StringEquals", "k", "red"), ("StringEquals", "k", "red")),
        (("ForAllValues:StringEquals", "k", "red"), ("ForAnyValue:StringEquals", "k", "red")),
        (("StringNotEquals", "k", "red"), ("Null", "k", "false")),
        (("StringLike", "k", "${aws:username}*"), ("StringLike", "k", "${aws:username}/*")),
    ],
)
def test_a_looser_condition_is_never_called_contained(new, old):
    comparison = compare([policy_of(when(*old))], [policy_of(when(*new))], ACTIONS)

    assert not comparison.contained


DENIED = {"Effect": "Deny", "Resource": SECRET}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # the new Deny leaves only what the old NotResource allows
        ([{"NotResource": SECRET}], [{}, DENIED]),
        # an old Deny that the statement's own conditions keep away
        (
            [{}, {**DENIED, **when("Bool", "aws:SecureTransport", "false")}],
            [when("Bool", "aws:SecureTransport", "true")],
        ),
        # two new Denies together cover the old one
        (
            [{}, {"Effect": "Deny", "Resource": "arn:aws:s3:::reports/a*"}],
            [{}, *({"Effect": "Deny", "Resource": f"arn:aws:s3:::reports/{start}"} for start in ("a", "a?*"))],
        ),
        # an old Deny of all but a part, kept as a Deny of the rest
        (
            [{}, {"Effect": "Deny", "NotResource": "arn:aws:s3:::reports/open/*"}],
            [{"Resource": "arn:aws:s3:::reports/open/a*"}],
        ),
        # a Deny of everything else is as good as a condition; several values of `k` fit neither, so both refuse them
        (
            [when("StringEquals", "k", "v")],
            [{}, {"Effect": "Deny", "Resource": "*", **when("StringNotEquals", "k", "v")}],
        ),
        # each value has its own old statement
        ([when("StringEquals", "k", "a"), when("StringEquals", "k", "b")], [when("StringEquals", "k", "a", "b")]),
        # a condition or its opposite: one of both holds
        ([when("StringEquals", "k", "a"), when("StringNotEquals", "k", "a")], [{}]),
        # conditions that exclude each other allow nothing
        ([], [{"Condition": {"StringEquals": {"k": "a"}, "StringLike": {"K": "b*"}}}]),
    ],
)
def test_statements_are_taken_together(old, new):
    olds = [policy_of(*old)] if old else []

    comparison = compare(olds, [policy_of(*new)], ACTIONS)

    assert comparison.contained


def test_a_deny_that_is_not_kept_is_shown_by_a_request():
    old = [{}, {**DENIED, **when("StringEquals", "k", "v")}]
    new = [{}, {**DENIED, **when("StringEquals", "k", "w")}]

    comparison = compare([policy_of(*old)], [policy_of(*new)], ACTIONS)

    assert [witness.resource for witness in comparison.widened] == ["arn:aws:s3:::reports/secret/"]


def test_the_request_for_no_resource_is_not_forgotten():
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*?"}
    old = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, deny]}
    new = {"Version": "2012-10-17", "Statement": [old["Statement"][0], {**deny, "Resource": "*?:*:*:*:*:*"}]}

    comparison = compare([parse(old)], [parse(new)], ACTIONS)

    assert [witness.resource for witness in comparison.widened] == ["*"]


def test_a_spared_variable_without_a_value_spares_nothing_because_the_statement_then_allows_nothing():
    old = {"NotResource": "arn:aws:s3:::home/${aws:username}/*"}

    comparison = compare([policy_of(old)], [policy_of({})], ACTIONS)

    assert not comparison.contained


def test_a_deny_of_a_part_says_nothing_about_the_rest():
    unless = when("StringNotEquals", "k", "v")

    comparison = compare([policy_of(when("StringEquals", "k", "v"))], [policy_of({}, {**DENIED, **unless})], ACTIONS)

    assert [witness.action for witness in comparison.widened] == ["s3:GetObject"]


def test_many_patterns_with_many_stars_are_still_compared_one_by_one():
    old = [f"arn:aws:s3:::*{letter}*a*b*c*d*e*f*{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    new = "arn:aws:s3:::x*b*a*b*c*d*e*f*b"

    comparison = compare([policy_of({"Resource": old})], [policy_of({"Resource": new})], ACTIONS)

    assert comparison.contained


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("NumericLessThanEquals", "k", "599"), ("NumericLessThan", "k", "600")),
        (("NumericGreaterThan", "k", "5"), ("NumericGreaterThanEquals", "k", "5")),
        (("DateLessThan", "k", "2026-01-01T00:00:00Z"), ("DateLessThan", "k", "2026-01-02T00:00:00Z")),
        (("IpAddress", "k", "10.0.0.0/9"), ("IpAddress", "k", "10.0.0.0/8")),
        (("StringLike", "k", "ax*"), ("StringLike", "k", "a*")),
        (("StringEquals", "k", "ax"), ("StringLike", "k", "a*")),
        (("ArnLike", "k", "arn:aws:iam::1:role/x*"), ("ArnLike", "k", "arn:aws:iam::1:role/*")),
    ],
)
def test_the_witness_stands_where_two_conditions_differ(old, new):
    comparison = compare([policy_of(when(*old))], [policy_of(when(*new))], ACTIONS)

    assert [witness.action for witness in comparison.widened] == ["s3:GetObject"]
    assert comparison.not_proven == ()
