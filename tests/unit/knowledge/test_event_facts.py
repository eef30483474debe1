"""The loaders of the event tables."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.events import (
    action_rows,
    condition_rows,
    error_outcome,
    fold,
    no_permission_reason,
    pass_role_rows,
    prefix_of,
    tag_rows,
)


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("monitoring.amazonaws.com", "cloudwatch"),
        ("email.amazonaws.com", "ses"),
        ("streams.dynamodb.amazonaws.com", "dynamodb"),
        ("s3.amazonaws.com", "s3"),
        ("S3.amazonaws.com", "s3"),
        ("keyspaces.amazonaws.com", "cassandra"),
    ],
)
def test_an_event_source_has_one_prefix(source, prefix):
    assert prefix == prefix_of(source)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("AccessDenied", "denied"),
        ("Client.UnauthorizedOperation", "denied"),
        ("KMSAccessDeniedException", "denied"),
        ("VpceAccessDenied", "denied"),
        ("NoSuchBucketPolicy", "failed"),
        ("Client.InvalidVpcID.NotFound", "failed"),
        ("LimitExceededException", "failed"),
        ("RequestLimitExceeded", "indeterminate"),
        ("Client.RequestLimitExceeded", "indeterminate"),
        ("ThrottlingException", "indeterminate"),
        ("Client.DryRunOperation", "dry_run"),
        ("ExpiredToken", "unauthenticated"),
        ("Client.AuthFailure", "unauthenticated"),
        ("NoSuchThingEverHeardOf1", "failed"),
        ("SomeErrorCode", "indeterminate"),
    ],
)
def test_an_error_code_has_an_outcome(code, outcome):
    assert outcome == error_outcome("ec2", code)


def test_cognito_says_not_authorised_for_a_wrong_password():
    assert error_outcome("cognito-idp", "NotAuthorizedException") == "unauthenticated"
    assert error_outcome("kms", "NotAuthorizedException") == "denied"


def test_event_names_are_found_whatever_their_case():
    assert action_rows("s3", "headobject") == action_rows("s3", "HeadObject") != ()


def test_every_sign_in_event_needs_no_permission():
    assert no_permission_reason("signin", "WhateverComesNext")
    assert no_permission_reason("s3", "GetObject") is None


def test_parameters_are_compared_without_case_and_hyphens():
    assert fold("x-amz-copy-source") == fold("X_Amz_Copy_Source") == "xamzcopysource"


def test_a_lambda_function_passes_its_role():
    row = pass_role_rows("lambda", "CreateFunction")[0]

    assert ("role", "lambda.amazonaws.com") == (row.parameter, row.passed_to)


def test_tags_and_conditions_of_an_event_are_found():
    assert any(row.action == "ec2:CreateTags" for row in tag_rows("ec2", "RunInstances"))
    assert (("s3:prefix", "prefix"),) == condition_rows("s3", "ListObjects")
