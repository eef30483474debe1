"""What the logs could have shown."""

from __future__ import annotations

import pytest

from iamaudit.knowledge.observability import observability


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("ec2:RunInstances", "management"),
        ("kms:Decrypt", "management"),
        ("apigateway:GET", "management"),
        ("s3:PutLifecycleConfiguration", "management"),
        ("s3:GetObject", "data"),
        ("dynamodb:GetItem", "data"),
        ("sqs:SendMessage", "data"),
        ("iam:PassRole", "never"),
        ("sts:TagSession", "never"),
        ("logs:PutLogEvents", "never"),
        ("rds-db:connect", "never"),
        ("sts:GetCallerIdentity", "never"),
        ("cognito-idp:GetUser", "never"),
        ("execute-api:Invoke", "never"),
        ("opsworks:CreateStack", "unknown"),
        ("nosuch:Thing", "unknown"),
    ],
)
def test_each_action_shows_where_it_shows(action, kind):
    assert kind == observability(action).kind


def test_case_does_not_matter():
    assert observability("S3:getobject") == observability("s3:GetObject")


def test_a_data_event_names_the_type_a_selector_names():
    assert observability("lambda:InvokeFunction").resource_type == "AWS::Lambda::Function"


def test_every_answer_has_a_reason_and_a_source():
    for action in ("s3:GetObject", "iam:PassRole", "logs:PutLogEvents", "ec2:RunInstances", "nosuch:Thing"):
        found = observability(action)

        assert found.reason
        assert found.source
