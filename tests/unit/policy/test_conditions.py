"""Conditions and variables: the corners that the scenarios leave out."""

import pytest

from iamaudit.model.policy import Condition
from iamaudit.policy.conditions import OPERATORS, all_of, any_of, condition_holds, read_operator
from iamaudit.policy.context import Context
from iamaudit.policy.variables import substitute


def holds(operator, values, given, *, key="k", closed=True):
    known = {} if given is None else {"k": tuple(given)}
    return condition_holds(Condition(operator, key, tuple(values)), Context(known, closed), variables=True)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_every_operator_has_its_forms(name):
    forms = [name, f"{name}IfExists", f"ForAllValues:{name}", f"ForAnyValue:{name.upper()}IfExists"]

    assert [] == [form for form in forms if read_operator(form) is None]


@pytest.mark.parametrize("name", ["NullIfExists", "ForAnyValue:Null", "ForSome:StringEquals", "StringLikes", ""])
def test_these_are_no_operators(name):
    assert read_operator(name) is None


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_unknown_key_gives_an_unknown_answer(name):
    assert holds(name, ["x"], None, closed=False) is None


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_absent_key_holds_for_negated_operators_only(name):
    assert holds(name, ["x"], None) is OPERATORS[name].negated


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_no_values_never_match(name):
    assert holds(name, [], ["x"]) is OPERATORS[name].negated


@pytest.mark.parametrize(
    ("operator", "limit", "value", "expected"),
    [
        ("NumericLessThanEquals", "10", "10.0", True),
        ("NumericGreaterThan", "10", "9", False),
        ("NumericGreaterThanEquals", "-1", "0", True),
        ("NumericEquals", "1e3", "1000", False),
        ("DateGreaterThan", "2026-01-01", "2026-01-01T00:00:01Z", True),
        ("DateLessThanEquals", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "yesterday", True),
        ("DateLessThan", "99999999999999999", "2026-01-01", False),
        ("Bool", "true", "1", False),
        ("BinaryEquals", "QQ==", "A", False),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("IpAddress", "203.0.113.9/24", "203.0.113.200", True),
        ("IpAddress", "office", "203.0.113.200", False),
        ("NotIpAddress", "203.0.113.0/24", "AWS Internal", True),
        ("ArnNotEquals", "arn:aws:sns:*:*:a", "arn:aws:sns:eu-west-1:111122223333:a", False),
        ("StringNotEqualsIgnoreCase", "Red", "rEd", False),
        ("StringNotLike", "r*", "blue", True),
    ],
)
def test_values_are_compared_by_their_type(operator, limit, value, expected):
    assert expected is holds(operator, [limit], [value])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${aws:username}", "ann"),
        ("${AWS:UserName}/x", "ann/x"),
        ("${aws:none, 'all'}", "all"),
        ("${aws:none}", None),
        ("${aws:many}", None),
        ("${$}{x}", "${x}"),
        ("plain", "plain"),
    ],
)
def test_variables_are_filled_in(text, expected):
    context = Context({"aws:username": ("ann",), "aws:many": ("a", "b")}, closed=True)

    assert expected == substitute(text, context).text


def test_a_variable_that_nobody_knows_is_named():
    filled = substitute("${aws:username}", Context({}, closed=False))

    assert filled.text is None
    assert filled.unknown == ("aws:username",)


def test_three_valued_and_and_or():
    assert all_of([True, None]) is None
    assert all_of([False, None]) is False
    assert any_of([True, None]) is True
    assert any_of([False, None]) is None
