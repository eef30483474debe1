"""What is wrong with policies that IAM takes: each mistake is told, and its right form is not."""

import pytest

from iamaudit.model.policy import PolicyKind
from iamaudit.policy.faults import faults_of
from iamaudit.policy.parse import parse
from iamaudit.policy.trust_faults import trust_faults

ACCOUNT = "111122223333"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}


def told(*statements, version="2012-10-17"):
    policy = parse({"Version": version, "Statement": [{**READ, **statement} for statement in statements]})
    return [(fault.check, fault.number, fault.words) for fault in faults_of(policy)]


def conditions(operator, key, values, **more):
    return {"Condition": {operator: {key: values}}, **more}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (conditions("ForAllValues:StringEquals", "aws:TagKeys", "a"), "also holds when the key is absent"),
        (conditions("StringNotEquals", "aws:PrincipalOrgID", "o-1"), "also holds when the key is absent"),
        (conditions("Bool", "aws:MultiFactorAuthPresent", "false", Effect="Deny"), "use `BoolIfExists`"),
        (conditions("StringEquals", "aws:TagKeys", "a"), "the key has several"),
        (conditions("StringEquals", "aws:PrincipalTag/t", "a*"), "use `StringLike`"),
        (conditions("StringNotEqualsIgnoreCase", "aws:PrincipalArn", "a?"), "use `StringNotLike`"),
        (conditions("NumericEquals", "s3:max-keys", ["1", "${aws:EpochTime}"]), "takes a variable as plain text"),
        (conditions("StringEquals", "SourceIp", "1"), "names a key without a service: write `aws:SourceIp`"),
    ],
)
def test_a_condition_that_does_not_mean_what_it_seems_to_is_told(statement, words):
    ((check, number, found),) = told(statement)

    assert ("condition_mistake", 1) == (check, number)
    assert words in found


@pytest.mark.parametrize(
    "statement",
    [
        {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}, "StringLike": {"aws:PrincipalOrgID": "*"}}},
        conditions("StringNotEquals", "aws:RequestedRegion", "eu-west-1"),
        conditions("StringNotEquals", "aws:PrincipalOrgID", "o-1", Effect="Deny"),
        conditions("ForAnyValue:StringNotEquals", "aws:TagKeys", "a"),
        conditions("BoolIfExists", "aws:MultiFactorAuthPresent", "false", Effect="Deny"),
        conditions("StringEquals", "aws:PrincipalTag/t", "a${*}"),
        conditions("StringLike", "aws:PrincipalTag/t", "a*"),
        conditions("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        conditions("DateLessThan", "aws:CurrentTime", "2026-05-01T00:00:00Z"),
    ],
)
def test_the_right_form_is_not_told(statement):
    assert [] == told(statement)


def test_variables_are_plain_text_in_the_old_version():
    found = told(conditions("StringEquals", "aws:PrincipalTag/t", "${aws:username}"), version="2008-10-17")

    assert ["condition_mistake"] == [check for check, _, _ in found]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([conditions("NumericEquals", "s3:max-keys", "many")], "never holds: none of its values"),
        ([conditions("IpAddress", "aws:SourceIp", "203.0.113.0/99")], "never holds: none of its values"),
        ([conditions("Bool", "aws:SecureTransport", "yes")], "never holds: none of its values"),
        ([conditions("StringEquals", "aws:PrincipalTag/t", [])], "never holds: none of its values"),
        (
            [{"Condition": {"Null": {"aws:x": "true"}, "StringEquals": {"aws:x": "a"}}}],
            "demands that the key is absent",
        ),
        ([{"Action": "s3:GetObjekt"}], "`s3:GetObjekt` is no action that is known"),
        ([{"Action": "s3:Fetch*"}], "`s3:Fetch*` names no action that is known"),
        ([{"Resource": "arn:aws:s3:::a"}], "allows `s3:GetObject` on resources that it never acts on"),
        ([{}, {"Action": "s3:Get*", "Resource": "*"}], "adds nothing: statement 2 says all of it"),
        ([{}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}], "allows nothing: statement 2 denies all of it"),
    ],
)
def test_a_statement_that_does_nothing_is_told(statements, words):
    found = told(*statements)

    assert ["policy_fault"] == [check for check, number, _ in found if number == 1]
    assert words in found[0][2]


@pytest.mark.parametrize(
    "statements",
    [
        [{"Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]}],
        [{"Action": "newservice:Do", "Resource": "*"}],
        [{"Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::*"}],
        [{}, {"Action": "s3:Get*", "Resource": "*", **conditions("Bool", "aws:SecureTransport", "true")}],
        [{"Resource": "arn:aws:s3:::a/*"}, {"Resource": "arn:aws:s3:::b/*"}],
        [{"Resource": "arn:aws:s3:::a/?*"}, {"Resource": "arn:aws:s3:::a/??"}],
        [{"Action": "s3:Get?bject*"}],
    ],
)
def test_a_statement_that_does_something_is_not_told(statements):
    assert [] == told(*statements)


def test_of_two_equal_statements_the_second_adds_nothing():
    assert [("policy_fault", 2, "adds nothing: statement 1 says all of it")] == told({}, {})


@pytest.mark.parametrize("element", ["NotAction", "NotResource"])
def test_an_allow_of_all_but_a_list_is_told_and_a_deny_is_not(element):
    statement = {key: value for key, value in READ.items() if key != element.removeprefix("Not")}
    statement[element] = READ[element.removeprefix("Not")]
    for effect, expected in (("Allow", ["not_element_in_allow"]), ("Deny", [])):
        policy = parse({"Version": "2012-10-17", "Statement": {**statement, "Effect": effect}})

        assert expected == [fault.check for fault in faults_of(policy)]


def test_what_is_sensitive_asks_for_a_condition():
    mfa = conditions("Bool", "aws:MultiFactorAuthPresent", "true")

    assert ["sensitive_allow_without_condition"] == [c for c, _, _ in told({"Action": "iam:*", "Resource": "*"})]
    assert ["sensitive_allow_without_condition"] == [
        c for c, _, _ in told({"Action": "sts:AssumeRole", "Resource": "*"})
    ]
    assert [] == told({"Action": "iam:*", "Resource": "*", **mfa})


GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
AUD = {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
SUB = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"}}
ANY_SUB = {"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}


@pytest.mark.parametrize(
    ("principal", "condition", "expected"),
    [
        ({"AWS": "999988887777"}, {}, "external_trust_without_condition"),
        ({"AWS": "*"}, {}, "external_trust_without_condition"),
        ({"AWS": "999988887777"}, {"StringEquals": {"sts:ExternalId": "x"}}, None),
        ({"AWS": "999988887777"}, {"StringNotEquals": {"sts:ExternalId": "x"}}, "external_trust_without_condition"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, None),
        ({"AWS": "444455556666"}, {}, None),
        ({"AWS": "AROAEXAMPLE"}, {}, None),
        ({"Service": "events.amazonaws.com"}, {}, "service_trust_without_source"),
        ({"Service": "events.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": ACCOUNT}}, None),
        ({"Service": "ec2.amazonaws.com"}, {}, None),
        ({"Federated": GITHUB}, AUD, "web_identity_trust_too_wide"),
        ({"Federated": GITHUB}, {**AUD, **SUB}, None),
        ({"Federated": GITHUB}, {**AUD, **ANY_SUB}, "web_identity_trust_too_wide"),
        ({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"}, {}, None),
    ],
)
def test_a_role_that_trusts_without_asking_is_told(principal, condition, expected):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:*", "Condition": condition}
    policy = parse({"Version": "2012-10-17", "Statement": statement}, kind=PolicyKind.TRUST)

    found = list(trust_faults(policy, account=ACCOUNT, own_accounts=frozenset({"444455556666"})))

    assert ([] if expected is None else [expected]) == [fault.check for fault in found]
