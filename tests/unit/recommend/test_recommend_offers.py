"""Which conditions are offered: those that every observed use met, for long enough and often enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iamaudit.model.policy import Condition
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.offers import conditions_for, offers_of
from iamaudit.recommend.told import Told

END = datetime(2026, 11, 1, tzinfo=UTC)
LONG_AGO = END - timedelta(days=80)
REGION = Told("aws:RequestedRegion", ("eu-west-1",), 30, 30)
MFA = Told("aws:MultiFactorAuthPresent", ("true",), 30, 30)
ENDPOINT = Told("aws:SourceVpce", ("vpce-1a",), 30, 30)
ORGANIZATION = Told("aws:PrincipalOrgID", ("o-abcdefghij",), 30, 30)
IN_WEST = Condition("StringEquals", "aws:RequestedRegion", ("eu-west-1",))


def use(action="ec2:DescribeInstances", resource="*", *, told=(REGION,), first_seen=LONG_AGO, **more):
    return ObservedUse(action, resource, count=30, first_seen=first_seen, last_seen=END, told=tuple(told), **more)


def offered(*uses, days=60, least_uses=20):
    return offers_of(uses, until=END, days=days, least_uses=least_uses)


def test_what_held_for_every_use_is_offered_with_its_evidence():
    (offer,) = offered(use(), use("ec2:DescribeVpcs"))

    assert (IN_WEST, ("ec2:DescribeInstances", "ec2:DescribeVpcs"), 60, 60, LONG_AGO, "logs") == (
        offer.condition,
        offer.actions,
        offer.uses,
        offer.told,
        offer.first_seen,
        offer.source,
    )


@pytest.mark.parametrize(
    ("told", "operator"),
    [(MFA, "Bool"), (ENDPOINT, "StringEquals"), (ORGANIZATION, "StringEquals"), (REGION, "StringEquals")],
    ids=["mfa", "endpoint", "organisation", "region"],
)
def test_each_key_has_its_operator_and_never_one_that_an_absent_key_meets(told, operator):
    (offer,) = offered(use(told=(told,)))

    assert Condition(operator, told.key, told.values) == offer.condition


def test_regions_of_a_principal_stand_together_and_endpoints_service_by_service():
    north = Told("aws:RequestedRegion", ("eu-north-1",), 30, 30)
    other = Told("aws:SourceVpce", ("vpce-2b",), 30, 30)

    found = offered(use(told=(REGION, ENDPOINT)), use("sqs:ListQueues", told=(north, other)))

    assert {
        ("aws:RequestedRegion", ("eu-north-1", "eu-west-1"), ("ec2:DescribeInstances", "sqs:ListQueues")),
        ("aws:SourceVpce", ("vpce-1a",), ("ec2:DescribeInstances",)),
        ("aws:SourceVpce", ("vpce-2b",), ("sqs:ListQueues",)),
    } == {(one.condition.key, one.condition.values, one.actions) for one in found}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([use(first_seen=END - timedelta(days=59))], id="not for long enough"),
        pytest.param([use(told=(Told("aws:RequestedRegion", ("eu-west-1",), 19, 19),))], id="not often enough"),
        pytest.param([use(told=(Told("aws:RequestedRegion", ("eu-west-1",), 29, 30),))], id="one use does not tell it"),
        pytest.param([use(told=())], id="no use tells it"),
        pytest.param([use(), use(told=(), resource="x")], id="told on one resource, not on another"),
        pytest.param([use(), use(told=(), origin="periodic", first_seen=None)], id="a periodic use before the window"),
        pytest.param([use("iam:ListRoles")], id="a service of one endpoint"),
        pytest.param([use(evidence="implied")], id="implied"),
        pytest.param([use(told=(Told("aws:RequestedRegion", ("x${y}",), 30, 30),))], id="no region"),
        pytest.param([use(told=(Told("aws:MultiFactorAuthPresent", ("false", "true"), 30, 30),))], id="not always mfa"),
        pytest.param([use(told=(Told("aws:MultiFactorAuthPresent", ("false",), 30, 30),))], id="never mfa"),
        pytest.param([use(told=(MFA, ENDPOINT), via="athena.amazonaws.com")], id="through a service"),
        pytest.param([use(told=(Told("aws:SourceVpce", tuple(f"vpce-{n}" for n in range(9)), 30, 30),))], id="many"),
    ],
)
def test_what_is_not_certain_is_not_offered(found):
    assert () == offered(*found)


def test_nothing_is_offered_for_a_window_without_an_end():
    assert () == offers_of([use()], until=None, days=60, least_uses=1)


def test_uses_that_share_what_is_told_are_counted_once():
    """Success and failure of a call have a row each; what is told is of both."""
    (offer,) = offered(use(), use(outcome="failed"))

    assert (30, 30) == (offer.uses, offer.told)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (["*"], [IN_WEST]),
        (["arn:aws:ec2:*:111122223333:instance/*"], [IN_WEST]),
        (["arn:aws:ec2:eu-west-1:111122223333:instance/*"], []),
        (["arn:aws:ec2:eu-west-1:111122223333:instance/*", "*"], [IN_WEST]),
        (["arn:aws:s3:::bucket/*"], []),
        (["arn:aws:s3:::*/x"], [IN_WEST]),
        ([], [IN_WEST]),
    ],
    ids=["everything", "any region", "one region", "one and any", "one bucket", "any bucket", "no resource"],
)
def test_a_region_is_put_in_only_where_the_resources_leave_it_open(resources, expected):
    offers = offered(use())

    assert expected == list(conditions_for(offers, "EC2:DescribeInstances", resources))


def test_an_action_that_it_did_not_hold_for_gets_no_condition():
    assert [] == list(conditions_for(offered(use()), "ec2:RunInstances", ["*"]))


def test_an_offer_says_itself_to_machines_and_people():
    (offer,) = offered(use(told=(MFA,)))

    assert {
        "operator": "Bool",
        "key": "aws:MultiFactorAuthPresent",
        "values": ["true"],
        "actions": ["ec2:DescribeInstances"],
        "uses": 30,
        "told": 30,
        "first_seen": "2026-08-13T00:00:00Z",
        "last_seen": "2026-11-01T00:00:00Z",
        "source": "logs",
        "put": False,
    } == offer.as_json(is_put=False)
    assert (
        "`aws:MultiFactorAuthPresent` is `true`: in 30 of 30 calls since 2026-08-13, for `ec2:DescribeInstances`"
        == (offer.words())
    )
