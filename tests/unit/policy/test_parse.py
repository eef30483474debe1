"""Parsing: what AWS accepts becomes one normal form, what AWS refuses says where it stands."""

import json
from urllib.parse import quote

import pytest

from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Condition, Effect, PolicyKind, PrincipalPattern
from iamaudit.policy.parse import parse

GOOD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def with_statement(**elements):
    return {"Version": "2012-10-17", "Statement": {**GOOD["Statement"][0], **elements}}


def without(element):
    body = {key: value for key, value in GOOD["Statement"][0].items() if key != element}
    return {"Version": "2012-10-17", "Statement": [body]}


def test_scalars_become_tuples_of_one():
    policy = parse(GOOD, name="reports")

    (statement,) = policy.statements
    assert policy.name == "reports"
    assert statement.effect is Effect.ALLOW
    assert statement.actions == ("s3:GetObject",)
    assert statement.resources == ("*",)


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(GOOD),
        json.dumps(GOOD).encode(),
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        quote(json.dumps(GOOD)),
        {**GOOD, "Statement": GOOD["Statement"][0]},
    ],
    ids=["text", "bytes", "byte order mark", "URL-encoded", "one statement as an object"],
)
def test_every_way_of_writing_gives_the_same_policy(written):
    policy = parse(written)

    assert parse(GOOD) == policy


def test_a_plus_in_url_encoded_text_stays_a_plus():
    document = with_statement(Resource="arn:aws:s3:::a+b/*")

    policy = parse(quote(json.dumps(document), safe="+"))

    assert policy.statements[0].resources == ("arn:aws:s3:::a+b/*",)


def test_a_percent_sign_in_plain_json_is_not_decoded():
    document = with_statement(Resource="arn:aws:s3:::a%2Fb")

    policy = parse(json.dumps(document))

    assert policy.statements[0].resources == ("arn:aws:s3:::a%2Fb",)


def test_condition_values_become_text():
    block = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": [10, 1.50]}}

    policy = parse(json.dumps(with_statement(Condition=block)))

    expected = (
        Condition("Bool", "aws:SecureTransport", ("true",)),
        Condition("NumericLessThan", "s3:max-keys", ("10", "1.5")),
    )
    assert expected == policy.statements[0].conditions


def test_every_form_of_a_principal_is_read():
    who = {"AWS": ["*", "111122223333"], "Service": "ec2.amazonaws.com", "Federated": "accounts.example.com"}

    policy = parse(with_statement(Principal=who), kind=PolicyKind.RESOURCE)

    expected = (
        PrincipalPattern("AWS", "*"),
        PrincipalPattern("AWS", "111122223333"),
        PrincipalPattern("Service", "ec2.amazonaws.com"),
        PrincipalPattern("Federated", "accounts.example.com"),
    )
    assert expected == policy.statements[0].principals


def test_a_principal_may_be_a_bare_star_or_arn():
    arn = "arn:aws:iam::111122223333:root"

    policies = [parse(with_statement(Principal=who), kind=PolicyKind.RESOURCE) for who in ("*", arn)]

    found = [policy.statements[0].principals for policy in policies]
    assert found == [(PrincipalPattern("*", "*"),), (PrincipalPattern("AWS", arn),)]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ("%7B", "neither JSON nor URL-encoded"),
        ("[]", "no object"),
        ([], "no policy document"),
        (b"\xff", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ({"Statement": []}, "no statement"),
        ({"Version": "2012-10-17"}, "no statement"),
        ({"Statement": ["x"]}, "statement 1: it is no object"),
        ({**GOOD, "Version": "2012-10-18"}, "Version `2012-10-18`"),
        ({**GOOD, "statement": []}, "`statement` is not an element"),
        ({**GOOD, "Id": 1}, "Id is not text"),
        (with_statement(action="s3:*"), "`action` is not an element"),
        (with_statement(Effect="allow"), "Effect is `allow`"),
        (without("Effect"), "Effect is `None`"),
        (without("Action"), "neither Action nor NotAction"),
        (without("Resource"), "neither Resource nor NotResource"),
        (with_statement(NotAction="s3:*"), "Action and NotAction exclude each other"),
        (with_statement(NotResource="*"), "Resource and NotResource exclude each other"),
        (with_statement(Action=[]), "Action is an empty list"),
        (with_statement(Action=[1]), "Action holds `1`"),
        (with_statement(Resource=""), "Resource holds ``"),
        (with_statement(Action="GetObject"), "`GetObject` is no action"),
        (with_statement(Action="s*:GetObject"), "`s*:GetObject` is no action"),
        (with_statement(Principal="*"), "has no Principal"),
        (with_statement(Sid="read it"), "letters and digits only"),
        (with_statement(Sid=1), "Sid is not text"),
        (with_statement(Condition="x"), "Condition is no object"),
        (with_statement(Condition={"StringIs": {"a": "b"}}), "no operator `StringIs`"),
        (with_statement(Condition={"NullIfExists": {"a": "true"}}), "no operator `NullIfExists`"),
        (with_statement(Condition={"Bool": "true"}), "`Bool` has no keys"),
        (with_statement(Condition={"Bool": {"a": None}}), "holds `None`"),
        ({"Statement": [{**GOOD["Statement"][0], "Sid": "A"}] * 2}, "the Sid `A` stands twice"),
    ],
)
def test_what_aws_would_refuse_is_refused_with_its_place(document, words):
    with pytest.raises(PolicySyntaxError) as caught:
        parse(document)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"Statement":{"Effect":"Allow","Action":"a:b","Action":"a:c","Resource":"*"}}',
        '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
        '{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"k":"true","k":"false"}}}}',
    ],
)
def test_a_key_that_stands_twice_is_refused(text):
    with pytest.raises(PolicySyntaxError, match="stands twice in one object"):
        parse(text)


def test_the_message_names_policy_statement_and_sid():
    good = GOOD["Statement"][0]
    document = {"Statement": [good, {**good, "Sid": "Broken", "Effect": "Permit"}]}

    with pytest.raises(PolicySyntaxError) as caught:
        parse(document, name="reports")

    assert str(caught.value) == "policy `reports`, statement 2 (`Broken`): Effect is `Permit`: write `Allow` or `Deny`"


@pytest.mark.parametrize(
    ("kind", "elements", "words"),
    [
        (PolicyKind.RESOURCE, {}, "neither Principal nor NotPrincipal"),
        (PolicyKind.TRUST, {"Principal": "*"}, "a trust policy has no Resource"),
        (PolicyKind.RESOURCE, {"Principal": {}}, "Principal is `{}`"),
        (PolicyKind.RESOURCE, {"Principal": {"Aws": "*"}}, "`Aws` is not an element"),
        (PolicyKind.RESOURCE, {"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}, "wildcard in its middle"),
        (PolicyKind.RESOURCE, {"Principal": "*", "NotPrincipal": "*"}, "exclude each other"),
        (PolicyKind.SCP, {"Principal": "*"}, "this kind of policy (scp) has no Principal"),
    ],
)
def test_each_kind_has_its_own_grammar(kind, elements, words):
    with pytest.raises(PolicySyntaxError) as caught:
        parse(with_statement(**elements), kind=kind)

    assert words in str(caught.value)


def test_a_character_beyond_latin_1_is_refused_with_its_place():
    text = '{"Version": "2012-10-17",\n "Statement": [{"Sid": "a\u2013b"}]}'

    with pytest.raises(PolicySyntaxError) as caught:
        parse(text)

    assert "the character U+2013 in line 2, column 26 is none that IAM takes" in str(caught.value)


def test_a_character_beyond_latin_1_may_be_written_as_an_escape():
    document = with_statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "\u00e9\u4e2d"}})

    policy = parse(json.dumps(document))

    assert policy.statements[0].conditions[0].values == ("\u00e9\u4e2d",)


@pytest.mark.parametrize("kind", [PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP])
def test_a_resource_that_is_no_arn_is_refused(kind):
    with pytest.raises(PolicySyntaxError, match="statement 1: Resource `reports` is no ARN: write `arn:…`"):
        parse(with_statement(Resource="reports"), kind=kind)


def test_a_trust_policy_takes_actions_of_sts_only():
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "s3:GetObject"}

    with pytest.raises(PolicySyntaxError, match="`s3:GetObject` is no action of a trust policy"):
        parse({"Statement": [statement]}, kind=PolicyKind.TRUST)
