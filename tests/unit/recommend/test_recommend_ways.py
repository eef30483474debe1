"""Through which service a use came, where that is certain."""

from __future__ import annotations

import pytest

from iamaudit.model.policy import Condition
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.ways import ways_of

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
SSM = {"kms:ViaService": "ssm.eu-west-1.amazonaws.com"}
STACK = {"aws:CalledVia": "cloudformation.amazonaws.com"}
OWN = ObservedUse("s3:GetObject", "arn:aws:s3:::b/a")
OWN_STACK = ObservedUse("cloudformation:CreateStack", "*")
BY_S3 = ObservedUse("kms:Decrypt", KEY, via="s3.amazonaws.com", conditions=S3)
BY_SSM = ObservedUse("kms:Decrypt", KEY, via="ssm.amazonaws.com", conditions=SSM)
BY_STACK = ObservedUse("dynamodb:CreateTable", TABLE, via="cloudformation.amazonaws.com", conditions=STACK)


def test_a_key_that_was_used_through_services_alone_is_limited_to_them():
    ways = ways_of([OWN, BY_S3, BY_SSM], frozenset())

    values = ("s3.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com")
    assert {("kms:decrypt", KEY): (Condition("StringEquals", "kms:ViaService", values),)} == ways


def test_who_called_the_service_is_limited_to_what_it_called_on():
    ways = ways_of([OWN_STACK, BY_STACK], frozenset())

    condition = Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("cloudformation.amazonaws.com",))
    assert {("dynamodb:createtable", TABLE): (condition,)} == ways


@pytest.mark.parametrize(
    ("uses", "serves"),
    [
        pytest.param([OWN, BY_S3, ObservedUse("kms:Decrypt", KEY)], frozenset(), id="a direct use beside it"),
        pytest.param([BY_S3], frozenset(), id="nothing was called by the principal itself"),
        pytest.param([OWN, BY_S3], frozenset({"s3.amazonaws.com"}), id="the service may assume the role"),
        pytest.param([OWN, BY_S3], None, id="nobody knows who may assume the role"),
        pytest.param([OWN, BY_STACK], frozenset(), id="the service was never called"),
        pytest.param(
            [
                OWN,
                ObservedUse(
                    "kms:Decrypt",
                    KEY,
                    via="athena.amazonaws.com",
                    conditions={"kms:ViaService": "athena.eu-west-1.amazonaws.com"},
                ),
            ],
            frozenset(),
            id="a service that lets others call",
        ),
        pytest.param(
            [OWN, ObservedUse("kms:CreateKey", "*", via="s3.amazonaws.com", conditions=S3)], frozenset(), id="no key"
        ),
        pytest.param(
            [OWN, ObservedUse("kms:Decrypt", KEY, via="s3.amazonaws.com", conditions=S3, evidence="implied")],
            frozenset(),
            id="implied",
        ),
        pytest.param(
            [OWN, BY_S3, ObservedUse("kms:Decrypt", KEY, via="x.amazonaws.com", conditions=STACK)],
            frozenset(),
            id="a way that no condition can name",
        ),
    ],
)
def test_no_condition_where_it_is_not_certain(uses, serves):
    assert {} == ways_of(uses, serves)
