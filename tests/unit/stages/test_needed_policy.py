"""The policy of one event allows exactly what it used."""

import pytest

from iamaudit.model.usage import Principal, PrincipalKind, Use
from iamaudit.stages.needed_policy import needed_policy

ANN = Principal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/ann", "AIDAANN", "111122223333")
ROLE = "arn:aws:iam::111122223333:role/deploy"


def statements(*uses):
    document = needed_policy(uses, ANN).document
    return [{k: v for k, v in one.items() if k != "Effect"} for one in document["Statement"]]


def test_uses_of_the_same_things_share_a_statement():
    found = statements(Use("s3:GetObject", ("arn:aws:s3:::b/k",)), Use("s3:GetObjectTagging", ("arn:aws:s3:::b/k",)))

    assert [{"Action": ["s3:GetObject", "s3:GetObjectTagging"], "Resource": "arn:aws:s3:::b/k"}] == found


def test_a_star_in_a_key_is_a_letter_and_one_of_a_template_is_open():
    key, instance = "arn:aws:s3:::b/all*", "arn:aws:ec2:eu-west-1:111122223333:instance/*"

    found = statements(Use("s3:GetObject", (key,)), Use("ec2:RunInstances", (instance,)))

    assert ["arn:aws:s3:::b/all${*}", instance] == [one["Resource"] for one in found]


def test_conditions_stand_under_the_operator_of_their_key():
    found = statements(
        Use("iam:PassRole", (ROLE,), conditions={"iam:PassedToService": "lambda.amazonaws.com"}),
        Use("s3:ListBucket", ("arn:aws:s3:::b",), conditions={"aws:CalledVia": "athena.amazonaws.com"}),
        Use("s3:GetObject", ("arn:aws:s3:::b/k",), conditions={"aws:MultiFactorAuthPresent": "true"}),
    )

    assert [
        {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ] == [one["Condition"] for one in found]


def test_a_service_that_aws_does_not_name_in_the_key_makes_no_condition():
    """`aws:CalledVia` is there for a handful of services only: naming another would refuse the call."""
    called = {"aws:CalledVia": "secretsmanager.amazonaws.com"}

    (found,) = statements(
        Use("lambda:InvokeFunction", ("arn:aws:lambda:eu-west-1:111122223333:function:f",), conditions=called)
    )

    assert "Condition" not in found


def test_what_is_not_sure_is_said():
    found = needed_policy([Use("s3:DeleteObject", ("arn:aws:s3:::b/*",), confidence="low")], ANN)

    assert ("`s3:DeleteObject` on `arn:aws:s3:::b/*` is not sure: see how it was found",) == found.words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PrincipalKind.ROOT, "the root user needs no policy"),
        (PrincipalKind.IDP, "the trust policy of the role decides"),
    ],
    ids=["root", "idp"],
)
def test_where_no_identity_policy_decides_there_is_none(kind, words):
    found = needed_policy([Use("iam:GetRole", (ROLE,))], Principal(kind, None, None, None))

    assert found.document is None
    assert found.words[0].startswith(words)


def test_a_name_that_no_policy_can_hold_gives_no_policy():
    found = needed_policy([Use("s3:GetObject", ("no arn",))], ANN)

    assert found.document is None
    assert found.words
