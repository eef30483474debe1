"""Matching: what the scenarios cannot show in one request."""

import pytest

from iamaudit.policy.formats import fits_format, fits_format_strictly
from iamaudit.policy.match import action_matches, arn_matches, as_literal, glob_matches, resource_matches, without_marks

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"


@pytest.mark.parametrize("pattern", ["*", "*:*", "sqs:*", "SQS:sendmessage", "sqs:Send*", "sqs:?endMessage"])
def test_an_action_fits_these_patterns(pattern):
    assert action_matches(pattern, "sqs:SendMessage")


@pytest.mark.parametrize("pattern", ["s3:*", "sqs:Send", "sqs:SendMessage?", "sqs", ""])
def test_an_action_does_not_fit_these_patterns(pattern):
    assert not action_matches(pattern, "sqs:SendMessage")


@pytest.mark.parametrize(
    ("pattern", "in_identity_policy", "in_resource_policy"),
    [
        ("*", True, True),
        ("arn:aws:sqs", True, False),
        ("arn:aws:sqs:*", True, True),
        ("arn:aws:sqs:eu-*", True, True),
        ("arn:*:sqs:*:*:jobs", True, True),
        ("arn:aws:s3", False, False),
        ("arn:aws:sqs:*:jobs", False, False),
        ("arn:aws:sqs:*:*:job", False, False),
    ],
)
def test_short_arns_are_filled_up_by_kind_of_policy(pattern, in_identity_policy, in_resource_policy):
    answers = (resource_matches(pattern, QUEUE, pad_short=True), resource_matches(pattern, QUEUE, pad_short=False))

    assert (in_identity_policy, in_resource_policy) == answers


def test_colons_in_the_resource_part_belong_to_it():
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/app:log-stream:one"

    assert resource_matches("arn:aws:logs:*:*:log-group:*:one", arn, pad_short=True)
    assert not resource_matches("arn:aws:logs:*:log-group:*:*:one", arn, pad_short=True)


def test_a_literal_star_is_no_wildcard():
    pattern = as_literal("a*?")

    assert glob_matches(pattern, "a*?")
    assert not glob_matches(pattern, "abc")
    assert without_marks(pattern) == "a*?"


def test_a_line_end_is_a_character_like_others():
    assert glob_matches("a?c", "a\nc")
    assert not glob_matches("a", "a\n")


@pytest.mark.parametrize(("pattern", "fits"), [("*", True), ("arn:aws:sqs", False), ("arn:aws:sqs:*:*:j*", True)])
def test_an_arn_condition_wants_six_fields(pattern, fits):
    assert fits == arn_matches(pattern, QUEUE)


def test_a_pattern_fits_a_format_or_not():
    role = "arn:*:iam::*:role/*"

    assert fits_format(role, "arn:aws:iam::111122223333:role/app/*")
    assert fits_format(role, "arn:aws:iam::111122223333:role/${aws:username}")
    assert not fits_format(role, "arn:aws:iam:::role/app")
    assert not fits_format_strictly(role, "arn:aws:iam::111122223333:r*")
    assert fits_format_strictly("arn:*:s3:::*", "arn:aws:s3:::logs-*")
