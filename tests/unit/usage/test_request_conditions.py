"""Condition keys that a request fixes."""

from __future__ import annotations

import pytest

from iamaudit.usage.call import Call
from iamaudit.usage.conditions import conditions_of
from iamaudit.usage.parameters import parameters_of

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
