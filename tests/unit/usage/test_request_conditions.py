"""Condition keys that a request fixes."""

from __future__ import annotations

import pytest

from iamaudit.usage.call import Call, call_of
from iamaudit.usage.conditions import conditions_of
from iamaudit.usage.parameters import EMPTY, parameters_of

TASK = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"


@pytest.mark.parametrize("request_parameters", [{"taskPolicyArn": {"arn": TASK}}, {"TaskPolicyArn": TASK}])
def test_a_root_session_is_bound_to_its_task(request_parameters):
    """The request holds the task's policy as an object or as its ARN alone."""
    call = Call("sts.amazonaws.com", "AssumeRoot", request=request_parameters)

    found = conditions_of("sts", "AssumeRoot", call, parameters_of(request_parameters))

    assert {"sts:TaskPolicyArn": TASK} == found


@pytest.mark.parametrize("request_parameters", [{}, {"taskPolicyArn": 7}, {"taskPolicyArn": {"arn": None}}])
def test_a_value_that_is_no_text_fixes_nothing(request_parameters):
    call = Call("sts.amazonaws.com", "AssumeRoot", request=request_parameters)

    found = conditions_of("sts", "AssumeRoot", call, parameters_of(request_parameters))

    assert {} == found


@pytest.mark.parametrize(
    ("region", "service"),
    [("eu-west-1", "rds.eu-west-1.amazonaws.com"), ("cn-north-1", "rds.cn-north-1.amazonaws.com")],
)
def test_a_grant_that_a_service_asks_for_is_for_its_own_resource(region, service):
    """The caller needs CreateGrant only as far as a service uses it for what it makes (domain.md §2.3, §2.5)."""
    call = Call("kms.amazonaws.com", "CreateGrant", region, "111122223333", invoked_by="rds.amazonaws.com")

    assert conditions_of("kms", "CreateGrant", call, EMPTY) == {
        "kms:ViaService": service,
        "kms:GrantIsForAWSResource": "true",
    }


def test_a_grant_that_the_caller_asks_for_has_no_such_limit():
    call = Call("kms.amazonaws.com", "CreateGrant", "eu-west-1", "111122223333")

    assert conditions_of("kms", "CreateGrant", call, EMPTY) == {}


@pytest.mark.parametrize(
    ("session", "host", "via"),
    [
        ("AWSCloudFormation", "cloudformation.amazonaws.com", ""),
        ("AWSCodeBuild-0f1e2d3c-0a1b-4c2d-8e3f-123456789abc", "codebuild.amazonaws.com", ""),
        ("AWSCloudFormation", "s3.amazonaws.com", "s3.amazonaws.com"),  # in whose name the role goes on
        ("deploy-shop", "cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
        ("i-0abcdef1234567890", "athena.amazonaws.com", "athena.amazonaws.com"),
    ],
)
def test_a_service_in_a_role_that_it_was_given_calls_through_nobody(session, host, via):
    """A condition on aws:CalledVia would refuse the very calls of a stack's own role."""
    arn = f"arn:aws:sts::111122223333:assumed-role/stacks/{session}"

    call = call_of({"userIdentity": {"type": "AssumedRole", "arn": arn, "invokedBy": host}})

    assert via == call.invoked_by
