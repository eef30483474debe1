"""Condition keys that a request fixes."""

from __future__ import annotations

import pytest

from iamaudit.usage.call import Call
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
