"""Containment is never claimed wrongly: conditions and statements against every request of a small world."""

import itertools

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.compare import compare
from iamaudit.policy.conditions import condition_holds
from iamaudit.policy.context import Context
from iamaudit.policy.decide import Decider
from iamaudit.policy.implication import are_contradictory, fact_of, implies
from iamaudit.policy.inclusion import glob_tokens, text_outside
from iamaudit.policy.match import glob_matches
from tests.amount import examples

quick = settings(
    max_examples=examples(150, least=60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
OPERATORS = {
    ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "Bool"): (
        *("a", "A", "b", "a*", "?", "*", "true", "TRUE", "${k:v}", "x${k:v}", "${*}", "1", "arn:a:b:::c"),
    ),
    ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan"): (
        *("1", "1.0", "2", "a", "3"),
    ),
    (
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
    ): (*("1", "2", "1970-01-01T00:00:01Z", "1970-01-01T01:00:02+01:00", "a"),),
    ("DateGreaterThanEquals", "IpAddress", "NotIpAddress"): ("10.0.0.0/8", "10.1.0.0/16", "10.0.0.1", "::/0", "1", "a"),
    ("ArnLike", "ArnNotLike", "ArnEquals", "StringNotEqualsIgnoreCase"): (
        *("arn:a:b:::c", "arn:a:b:::*", "arn:*:b:::c", "arn:a", "*", "arn:a:b:::${k:v}", "a"),
    ),
    ("BinaryEquals", "StringLike"): ("YQ==", "YQ", "Yg==", "Y*"),
    ("Null", "NoSuchOperator"): ("true", "false"),
}
VALUES = (
    *("a", "A", "b", "ab", "*", "xa", "true", "True", "TRUE", "1", "1.0", "2", "3", "0", "10.0.0.1", "10.1.0.1", "::1"),
    *("arn:a:b:::c", "arn:a:b:::a", "arn:b:b:::c", "YQ==", "Yg==", "1970-01-01T00:00:01Z", "", "xb"),
)
STATES = [(), *((one,) for one in VALUES), ("a", "b"), ("a", "A"), ("1", "2"), ("1", "1"), ("true", "a"), ("a", "ab")]


@st.composite
def conditions(draw, *, keys=("k:one",)):
    names, values = draw(st.sampled_from(list(OPERATORS.items())))
    name = draw(st.sampled_from(names))
    if name not in {"Null", "NoSuchOperator"}:
        prefix = draw(st.sampled_from(("", "", "ForAllValues:", "ForAnyValue:")))
        name = f"{prefix}{name}{draw(st.sampled_from(('', '', 'IfExists')))}"
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
    return Condition(name, draw(st.sampled_from(keys)), tuple(chosen))


def holds_in(condition, *, variables):
    """Every state of the key and of the variable in which a condition holds."""
    contexts = [
        Context({"k:one": state, "k:v": variable}, closed=True)
        for state in STATES
        for variable in ((), ("a",), ("b",), ("*",))
    ]
    return {
        number for number, context in enumerate(contexts) if condition_holds(condition, context, variables=variables)
    }


@settings(quick, max_examples=examples(600, least=60))
@given(conditions(), conditions(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
@example(
    Condition("StringLike", "k:one", ("*",)),
    Condition("ForAnyValue:StringLike", "k:one", ("*",)),
    True,
    True,
    False,
    False,
)
def test_a_condition_that_follows_holds_whenever_the_other_does(one, other, first, second, not_one, not_other):
    """Also for opposites: a condition that does not hold is a fact too."""
    facts = [fact_of(one, variables=first), fact_of(other, variables=second)]
    everywhere = set(range(len(STATES) * 4))
    states = [holds_in(one, variables=first), holds_in(other, variables=second)]
    for place, is_opposite in enumerate((not_one, not_other)):
        if is_opposite:
            facts[place], states[place] = facts[place].opposite, everywhere - states[place]

    assert not implies(*facts) or states[0] <= states[1]
    assert not are_contradictory(facts) or not states[0] & states[1]


@quick
@given(conditions(), st.booleans())
def test_a_condition_follows_from_itself_and_its_parts_make_it_up(condition, variables):
    fact = fact_of(condition, variables=variables)

    assert implies(fact, fact)
    assert implies(fact.opposite, fact.opposite)
    assert all(implies(part, fact) for part in fact.parts)


globs = st.text(alphabet="ab*?", max_size=4)
TEXTS = ["".join(letters) for length in range(7) for letters in itertools.product("abc", repeat=length)]


@quick
@given(globs, st.lists(globs, max_size=2), st.lists(st.lists(globs, min_size=1, max_size=2), max_size=2))
def test_a_region_is_empty_exactly_when_no_text_is_in_it(small, bigs, within):
    found = text_outside(
        glob_tokens(small),
        tuple(map(glob_tokens, bigs)),
        tuple(tuple(map(glob_tokens, group)) for group in within),
    )

    def is_in(text):
        inside = glob_matches(small, text) and not any(glob_matches(big, text) for big in bigs)
        return inside and all(any(glob_matches(one, text) for one in group) for group in within)

    assert is_in("".join(found)) if found is not None else not any(map(is_in, TEXTS))


KEYS = ("k:one", "k:two")
PATTERNS = (
    "*",
    "arn:a:s:::p*",
    "arn:a:s:::p",
    "arn:a:s:::*q",
    "arn:a:s:::p?",
    "arn:a:*:::pq",
    "arn:a",
    "*?",
    "arn:a:s:::p${k:two}",
)
NAMES = (
    "*",
    "arn:a:s:::p",
    "arn:a:s:::pq",
    "arn:a:s:::q",
    "arn:a:s:::pa",
    "arn:a:t:::pq",
    "arn:b:s:::p",
    "arn:a:s:::p${k:two}",
)
blocks = st.lists(
    st.sampled_from(
        (
            Condition("StringEquals", "k:one", ("a",)),
            Condition("StringEquals", "k:one", ("a", "b")),
            Condition("StringNotEquals", "k:one", ("a",)),
            Condition("StringLike", "k:one", ("a*",)),
            Condition("StringEqualsIfExists", "k:one", ("a",)),
            Condition("Null", "k:one", ("true",)),
            Condition("ForAllValues:StringEquals", "k:one", ("a",)),
            Condition("ForAnyValue:StringEquals", "k:one", ("b",)),
            Condition("StringEquals", "k:two", ("q",)),
            Condition("StringNotEquals", "k:two", ("${k:one}",)),
            Condition("NumericLessThan", "k:two", ("2",)),
            Condition("NumericLessThanEquals", "k:two", ("1",)),
        )
    ),
    max_size=2,
    unique=True,
).map(tuple)


@st.composite
def sides(draw):
    found = []
    for _ in range(draw(st.integers(1, 3))):
        patterns = tuple(draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2, unique=True)))
        is_not = draw(st.sampled_from((False, False, True)))
        statement = Statement(
            draw(st.sampled_from((Effect.ALLOW, Effect.ALLOW, Effect.DENY))),
            actions=(draw(st.sampled_from(("s:Get", "s:*"))),),
            resources=() if is_not else patterns,
            not_resources=patterns if is_not else (),
            conditions=draw(blocks),
        )
        found.append(Policy((statement,), version=draw(st.sampled_from(("2012-10-17", "2012-10-17", "2008-10-17")))))
    return tuple(found)


REQUESTS = [
    Request(
        "arn:aws:iam::111122223333:user/u",
        action,
        name,
        "111122223333",
        context={"k:one": list(one), "k:two": list(two)},
    )
    for action in ("s:Get", "s:Put")
    for name in NAMES
    for one in ((), ("a",), ("b",), ("ab",), ("a", "b"))
    for two in ((), ("q",), ("1",), ("a",))
]


@settings(quick, max_examples=examples(300, least=60))
@given(sides(), sides())
def test_contained_is_never_said_wrongly(old, new):
    comparison = compare(old, new, ("s:Get", "s:Put"))

    if comparison.contained:
        before, after = Decider(PolicySet(identity=old)), Decider(PolicySet(identity=new))
        allowed = [one for one in REQUESTS if after.decide(one).decision is Decision.ALLOWED]
        assert [one for one in allowed if before.decide(one).decision is not Decision.ALLOWED] == []
