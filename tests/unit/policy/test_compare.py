"""Comparing and expanding: examples that a reviewer would try."""

import pytest

from iamaudit.policy.compare import compare
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.parse import parse

ACTIONS = ("ec2:RunInstances", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject")
BUCKET = "arn:aws:s3:::reports/*"


def policy_of(*statements, version="2012-10-17"):
    bodies = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET, **statement} for statement in statements
    ]
    return parse({"Version": version, "Statement": bodies})


def compared(old, new):
    return compare([policy_of(*old)], [policy_of(*new)], ACTIONS)


MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
TEAM = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}}}
RED = {"Condition": {"stringequals": {"aws:principaltag/TEAM": "red"}}}


def agent(operator, value):
    return {"Condition": {operator: {"aws:UserAgent": value}}}


HOME_SPARED = {"NotResource": ["arn:aws:s3:::secret/*", "arn:aws:s3:::home/${aws:username}/*"], "Resource": None}
DENY = {"Effect": "Deny", "Resource": "arn:aws:s3:::reports/secret/*"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([{}], [{}]),
        ([{"Action": "s3:*"}], [{"Action": ["s3:Get*", "S3:PUTOBJECT"]}]),
        ([{"Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]}], [{"Action": "s3:*"}]),
        ([{"Resource": "*"}], [{"Resource": "arn:aws:s3:::reports/${aws:username}/*"}]),
        (
            [{"Resource": "arn:aws:s3:::reports/${aws:username}/*"}],
            [{"Resource": "arn:aws:s3:::reports/${aws:username}/in/*"}],
        ),
        ([{"Resource": ["arn:aws:s3:::reports/?", "arn:aws:s3:::reports/??*", "arn:aws:s3:::reports/"]}], [{}]),
        ([{}], [MFA]),
        ([TEAM], [RED]),
        ([agent("StringLike", "aws-*")], [agent("StringLike", "aws-cli/?*")]),
        ([agent("StringNotLike", "aws-cli/?*")], [agent("StringNotLike", "aws-*")]),
        ([{}, DENY], [{"Resource": "arn:aws:s3:::reports/open/*"}]),
        ([{}, DENY], [{}, DENY]),
        ([{}, {**DENY, **MFA}], [{}, DENY]),
        ([{"NotAction": "ec2:*", "Action": None}], [{}]),
        ([{"NotResource": "arn:aws:s3:::secret/*", "Resource": None}], [{}]),
        ([HOME_SPARED], [HOME_SPARED]),
        ([HOME_SPARED], [{**HOME_SPARED, "NotResource": [*HOME_SPARED["NotResource"], "arn:aws:s3:::x/*"]}]),
        (
            [{"NotResource": "arn:aws:s3:::a/*", "Resource": None}],
            [{"NotResource": ["arn:aws:s3:::a*"], "Resource": None}],
        ),
        ([{"Action": "*", "Resource": "*"}], [{"Action": "newservice:*"}]),
    ],
)
def test_narrower_policies_are_proven_narrower(old, new):
    old, new = ([{k: v for k, v in body.items() if v is not None} for body in side] for side in (old, new))
    sides = [[_complete(body) for body in side] for side in (old, new)]

    comparison = compare(*([parse({"Version": "2012-10-17", "Statement": side})] for side in sides), ACTIONS)

    assert comparison.widened == ()
    assert comparison.not_proven == ()


def _complete(body):
    action = {} if "NotAction" in body else {"Action": "s3:GetObject"}
    resource = {} if "NotResource" in body else {"Resource": BUCKET}
    return {"Effect": "Allow", **action, **resource, **body}


@pytest.mark.parametrize(
    ("old", "new", "action"),
    [
        ([{}], [{"Action": "s3:PutObject"}], "s3:PutObject"),
        ([{}], [{"Action": "s3:*"}], "s3:DeleteObject"),
        ([{}], [{"Resource": "arn:aws:s3:::*"}], "s3:GetObject"),
        ([{}], [{"Resource": "*"}], "s3:GetObject"),
        ([MFA], [{}], "s3:GetObject"),
        ([RED], [TEAM], "s3:GetObject"),
        ([agent("StringNotEquals", "curl")], [{}], "s3:GetObject"),
        ([{"Condition": {"Null": {"aws:SourceVpce": "true"}}}], [{}], "s3:GetObject"),
        ([RED], [TEAM, {"Action": "s3:ListBucket"}], "s3:ListBucket"),
        ([{}, DENY], [{}], "s3:GetObject"),
        ([{"Resource": "arn:aws:s3:::reports/${aws:username}/*"}], [{}], "s3:GetObject"),
        ([{}], [{"Action": "newservice:*"}], "newservice:X"),
    ],
)
def test_a_widening_comes_with_a_request_that_shows_it(old, new, action):
    comparison = compared(old, new)

    assert not comparison.contained
    assert action in {witness.action for witness in comparison.widened}


def test_a_variable_is_plain_text_in_the_old_version():
    mine = {"Resource": "arn:aws:s3:::reports/${aws:username}/*"}

    comparison = compare([policy_of(mine, version="2008-10-17")], [policy_of(mine)], ACTIONS)

    assert not comparison.contained


def test_what_cannot_be_shown_is_not_proven():
    old = [{"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}}}]
    new = [{"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]

    comparison = compared(old, new)

    assert comparison.widened == ()
    assert not comparison.contained
    assert "no old Allow covers it all" in comparison.not_proven[0]


def test_patterns_are_expanded_in_the_catalogues_spelling():
    found = expand(["S3:*object", "ec2:runinstances", "new:Action", "new:*"], ACTIONS)

    assert found == {"s3:DeleteObject", "s3:GetObject", "s3:PutObject", "ec2:RunInstances", "new:Action"}


def test_not_action_is_the_rest_of_the_catalogue():
    assert expand_not(["s3:*"], ACTIONS) == {"ec2:RunInstances"}
    assert expand(["*"], ACTIONS) == frozenset(ACTIONS)
