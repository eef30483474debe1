"""Uses that tell the conditions they were made under, wholly, in part or not at all; and worlds that fit what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import strategies as st

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.render import to_json
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse
from iamaudit.recommend.told import Told
from tests.properties import strategies_recommend as world

END = datetime(2026, 11, 1, tzinfo=UTC)
VALUES = {
    "aws:RequestedRegion": ("eu-north-1", "eu-west-1"),
    "aws:SourceVpce": ("vpce-1a", "vpce-2b"),
    "aws:MultiFactorAuthPresent": ("false", "true"),
    "aws:PrincipalOrgID": ("o-abcdefghij",),
}
ATHENA = "athena.amazonaws.com"
_EVERYTHING = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))
ALL = CurrentPolicy("all", "all", "customer", world.PRINCIPAL, _EVERYTHING, to_json(_EVERYTHING))
CALLS_ATHENA = ObservedUse("athena:StartQueryExecution", "*")
_PASSED = ({}, {"iam:PassedToService": "lambda.amazonaws.com"}, {"iam:PassedToService": "ec2.amazonaws.com"})


@st.composite
def told(draw, key, calls):
    """What is told of a key: one value or two, in all calls or in some."""
    values = draw(world.some(VALUES[key], most=2))
    count = draw(st.sampled_from([*[calls] * 7, calls - 1]))
    return Told(key, tuple(sorted(values)), count, calls)


@st.composite
def uses(draw):
    """Uses of which those of one action, resource and way tell the same, some of them through Athena."""
    around: dict[tuple[str, str, str | None], tuple[Told, ...]] = {}
    found = []
    for use in draw(st.lists(world.uses(), min_size=1, max_size=6)):
        way = draw(st.sampled_from([None, ATHENA]))
        place = (use.action, use.resource, way)
        if place not in around:
            keys = draw(world.some(tuple(VALUES), least=1, most=4))
            around[place] = tuple(draw(told(key, 30)) for key in sorted(keys))
        conditions = draw(st.sampled_from(_PASSED)) if use.action == "iam:PassRole" else {}
        conditions = conditions | ({"aws:CalledVia": ATHENA} if way else {})
        seen = END - timedelta(days=draw(st.sampled_from([10, 70, 80])))
        found.append(
            replace(
                use,
                via=way,
                evidence=draw(st.sampled_from([*["direct"] * 5, "implied"])),
                conditions=conditions,
                told=around[place],
                count=30,
                first_seen=seen,
                last_seen=END,
            )
        )
    twin = draw(st.sampled_from([one for one in found if one.via and one.evidence == "direct"] or found))
    if draw(st.integers(0, 3)) == 0 and (twin.action, twin.resource, None) not in around:  # made directly, too
        bare = {key: value for key, value in twin.conditions.items() if key != "aws:CalledVia"}
        found.append(replace(twin, via=None, conditions=bare))
    return tuple(found)


@st.composite
def evidence(draw):
    """Everything about one user or role, which Athena may or may not assume."""
    calls = draw(st.sampled_from([(), (CALLS_ATHENA,), (CALLS_ATHENA,)]))
    serves = draw(st.sampled_from([*[frozenset()] * 4, frozenset({ATHENA}), None]))
    found = draw(world.evidence())
    if draw(st.booleans()):  # what is granted without conditions is what conditions are put on
        found = replace(found, current=(ALL,), boundary=None)
    return replace(found, uses=(*draw(uses()), *calls), serves=serves, window_end=END)


def contexts(use, truth):
    """Every world that a use may have been made in: its own keys, those told, and *truth* for what nobody tells."""
    keys = [one.key for one in use.told]
    choices = [one.values if one.is_complete else (*one.values, None) for one in use.told]
    via = {"aws:ViaAWSService": "true" if use.via else "false"}
    own = {key: [value] if key == "aws:CalledVia" else value for key, value in use.conditions.items()}
    for values in product(*choices):
        known = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        rest = {key: value for key, value in truth.items() if key not in keys}
        yield {**rest, **via, **known, **own}
