"""Small alphabets: policies, uses and a catalogue so small that every request can be tried."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.policy.render import to_json
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse, PrincipalEvidence, UnknownGrant

PRINCIPAL = "arn:aws:iam::111122223333:user/ann"
ACTIONS = ("iam:PassRole", "s3:GetObject", "s3:ListAllMyBuckets", "s3:PutObject", "sqs:SendMessage")
WITHOUT_RESOURCE = frozenset({"s3:ListAllMyBuckets"})
RESOURCES = (
    "arn:aws:s3:::b/x/1",
    "arn:aws:s3:::b/x/2",
    "arn:aws:s3:::b/x/3",
    "arn:aws:s3:::b/y",
    "arn:aws:s3:::b/ann/1",
    "arn:aws:s3:::b/*",  # an object whose name is a star
    "arn:aws:s3:::c/${x}",
    "arn:aws:s3:::b/2026-08-07/1",
    "arn:aws:s3:::b/2026-08-08/2",
    "arn:aws:sqs:eu-west-1:111122223333:q-0a1b2c3d",
    "arn:aws:sqs:eu-west-1:111122223333:q-0a1b2c3e",
    "arn:aws:iam::111122223333:role/app-1",
    "arn:aws:iam::111122223333:role/app-2",
    "arn:aws:sqs:eu-west-1:111122223333:q-1",
    "*",
)
PATTERNS = (
    *(one for one in RESOURCES if "$" not in one),
    "arn:aws:s3:::b/x/*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::b/2026-08-0?/*",
    "arn:aws:s3:::b/*/1",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:sqs:*:*:q-*",
    "arn:aws:iam::111122223333:role/app-?",
)
ACTION_PATTERNS = (*ACTIONS, "s3:*", "s3:Get*", "*", "iam:Pass?ole")
CONDITIONS = (
    Condition("StringEquals", "aws:RequestedRegion", ("eu-west-1",)),
    Condition("StringNotEquals", "aws:RequestedRegion", ("eu-west-1", "us-east-1")),
    Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),
    Condition("BoolIfExists", "aws:MultiFactorAuthPresent", ("false",)),
    Condition("StringLike", "iam:PassedToService", ("lambda*",)),
)
CONTEXTS: tuple[dict[str, str], ...] = (
    {},
    {"aws:RequestedRegion": "eu-west-1"},
    {"aws:RequestedRegion": "us-east-1", "aws:MultiFactorAuthPresent": "true"},
    {"iam:PassedToService": "lambda.amazonaws.com"},
    {"iam:PassedToService": "ec2.amazonaws.com", "aws:RequestedRegion": "eu-west-1"},
)


@dataclass(frozen=True)
class SmallCatalogue:
    """A catalogue of five actions."""

    def spelling(self, action: str) -> str | None:
        return next((one for one in ACTIONS if one.lower() == action.lower()), None)

    def takes_resource(self, action: str) -> bool:
        return action not in WITHOUT_RESOURCE

    def all_actions(self) -> tuple[str, ...]:
        return ACTIONS


def some(values, *, least=1, most=3):
    """A tuple of a few different values."""
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def statements(draw, effects=(Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY)):
    """A statement of either effect, with Not-elements now and then."""
    is_not_action, is_not_resource = draw(st.integers(0, 9)) == 0, draw(st.integers(0, 9)) == 0
    actions, resources = draw(some(ACTION_PATTERNS)), draw(some(PATTERNS))
    by_slot = {(one.operator, one.key): one for one in draw(some(CONDITIONS, least=0, most=2))}
    return Statement(
        draw(st.sampled_from(effects)),
        actions=() if is_not_action else actions,
        not_actions=actions if is_not_action else (),
        resources=() if is_not_resource else resources,
        not_resources=resources if is_not_resource else (),
        conditions=draw(st.sampled_from([(), (), tuple(by_slot.values())])),
    )


@st.composite
def current_policies(draw):
    """One to three policies of today; some in the old grammar without variables."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]))
        policy = Policy(tuple(draw(st.lists(statements(), min_size=1, max_size=4))), version=version)
        found.append(CurrentPolicy(f"id{number}", f"p{number}", "customer", PRINCIPAL, policy, to_json(policy)))
    return tuple(found)


@st.composite
def uses(draw):
    """One observed use, its resource known, open or guessed."""
    return ObservedUse(
        draw(st.sampled_from(ACTIONS)),
        draw(st.sampled_from(RESOURCES)),
        outcome=draw(st.sampled_from(["success", "failed"])),
        evidence=draw(st.sampled_from(["direct", "implied"])),
        confidence=draw(st.sampled_from(["high", "high", "low"])),
        via=draw(st.sampled_from([None, None, "athena.amazonaws.com"])),
        conditions=draw(st.sampled_from(CONTEXTS)),
        count=draw(st.integers(1, 9)),
    )


@st.composite
def evidence(draw):
    """Everything about one user."""
    boundaries = st.lists(statements(), min_size=1, max_size=3).map(lambda found: Policy(tuple(found)))
    return PrincipalEvidence(
        PRINCIPAL,
        "111122223333",
        "user",
        "ann",
        current=draw(current_policies()),
        boundary=draw(st.one_of(st.none(), st.none(), boundaries)),
        uses=tuple(draw(st.lists(uses(), max_size=12))),
        unknown=tuple(UnknownGrant(action, "not logged") for action in draw(some(ACTIONS, least=0, most=2))),
        fresh=draw(some(ACTIONS, least=0, most=1)),
    )
