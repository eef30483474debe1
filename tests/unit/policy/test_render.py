"""Rendering: a policy is prose for a reviewer, in AWS's own order and capitalisation."""

import json

import pytest

from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import Condition, Effect, Policy, PrincipalPattern, Statement
from iamaudit.policy.render import render, size, to_json


def test_elements_stand_in_a_stable_order():
    statement = Statement(
        Effect.DENY,
        sid="KeepOut",
        actions=("s3:PutObject", "s3:GetObject"),
        resources=("*",),
        principals=(PrincipalPattern("AWS", "111122223333"), PrincipalPattern("Service", "ec2.amazonaws.com")),
        conditions=(Condition("Bool", "aws:SecureTransport", ("false",)), Condition("Null", "a:b", ("true",))),
    )

    document = render(Policy((statement,), id="one"))

    assert list(document) == ["Version", "Id", "Statement"]
    assert list(document["Statement"][0]) == ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]
    assert document["Statement"][0]["Action"] == ["s3:PutObject", "s3:GetObject"]
    assert document["Statement"][0]["Resource"] == "*"
    assert document["Statement"][0]["Principal"] == {"AWS": "111122223333", "Service": "ec2.amazonaws.com"}
    assert document["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}, "Null": {"a:b": "true"}}


def test_the_size_is_that_of_the_minified_text():
    policy = Policy((Statement(Effect.ALLOW, actions=("s3:*",), resources=("*",)),))

    text = to_json(policy, indent=None)

    assert text == '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    assert size(policy) == len(text)
    assert json.loads(to_json(policy)) == json.loads(text)


def test_characters_beyond_ascii_count_as_one():
    policies = [Policy((Statement(Effect.ALLOW, actions=("s3:*",), resources=(r,)),)) for r in ("a", "ä")]

    sizes = {size(policy) for policy in policies}

    assert len(sizes) == 1


def test_a_key_twice_under_one_operator_cannot_be_written():
    twice = (Condition("Bool", "a:b", ("true",)), Condition("Bool", "a:b", ("false",)))
    policy = Policy((Statement(Effect.ALLOW, actions=("s3:*",), resources=("*",), conditions=twice),))

    with pytest.raises(PolicySyntaxError, match="names the key `a:b` twice"):
        render(policy)


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\u00a0b", "line\nbreak", "\x7f", "ä😀", "\u2028", ""], ids=ascii)
def test_the_size_counts_characters_that_json_escapes_as_they_are_written(text):
    condition = Condition("StringEquals", "aws:PrincipalTag/team", (text, "b"))
    statement = Statement(Effect.ALLOW, actions=("s3:*", text), not_resources=(text,), conditions=(condition,))
    policies = [Policy((statement,) * count, version=None, id=text) for count in range(3)]

    sizes = [size(policy) for policy in policies]

    assert [len(to_json(policy, indent=None)) for policy in policies] == sizes
