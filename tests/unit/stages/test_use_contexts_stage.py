"""From the logs to the condition: what the lake tells of the calls behind each use."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pytest

from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.told import Told
from iamaudit.stages.contexts import serves
from iamaudit.stages.evidence import gather
from iamaudit.stages.recommend import recommend
from tests.properties.small_lake import ACCOUNT, AS_OF
from tests.unit.stages.small_account import ANN, BOB, SETTINGS, SmallAccount, call, days

ORGANIZATION = "o-abcdefghij"
LONG = replace(SETTINGS, window_days=90)


def with_mfa(record):
    attributes = {"mfaAuthenticated": "true", "creationDate": record["eventTime"]}
    identity = record["userIdentity"] | {"sessionContext": {"attributes": attributes}}
    return record | {"userIdentity": identity, "vpcEndpointId": "vpce-1a"}


def in_organization(account):
    row = {"captured_at": AS_OF, "account_id": ACCOUNT, "organization_id": ORGANIZATION, "status": "ACTIVE"}
    table = pa.Table.from_pylist([row], schema=STATE_SCHEMAS["accounts"])
    write_state(account.lake, {"accounts": table}, captured_at=AS_OF, accounts={}, missing=())


@pytest.fixture(scope="module")
def account():
    """Ann always comes with MFA by one endpoint; bob did so but once."""
    every = days("2026-08-20", "2026-10-31")
    calls = [with_mfa(call(day)) for day in every]
    calls += [with_mfa(call(day, "other", user="bob")) for day in every[1:]] + [call(every[0], "other", user="bob")]
    with SmallAccount(calls) as account:
        in_organization(account)
        yield account


@pytest.fixture(scope="module")
def evidence(account):
    with account.engine("2026-11-01", LONG) as engine:
        return {one.arn: one for one in gather(engine)}


def test_each_use_knows_what_its_calls_told(evidence):
    (use,) = evidence[ANN].uses

    calls = len(days("2026-08-20", "2026-10-31"))
    assert (
        Told("aws:MultiFactorAuthPresent", ("true",), calls, calls),
        Told("aws:PrincipalOrgID", (ORGANIZATION,), calls, calls),
        Told("aws:RequestedRegion", ("eu-west-1",), calls, calls),
        Told("aws:SourceVpce", ("vpce-1a",), calls, calls),
    ) == use.told


def test_what_one_call_does_not_tell_is_not_told_of_all(evidence):
    (use,) = evidence[BOB].uses

    told = {one.key: (one.of - one.told, one.is_complete) for one in use.told}
    assert {
        "aws:MultiFactorAuthPresent": (1, False),
        "aws:PrincipalOrgID": (0, True),
        "aws:RequestedRegion": (0, True),
        "aws:SourceVpce": (1, False),
    } == told


def test_the_level_condition_writes_what_held_for_every_use(account, tmp_path):
    choices = Choices(keep_unknown=False, level="condition")
    with account.engine("2026-11-01", LONG) as engine:
        found = {one.principal: one for one in recommend(engine, tmp_path, choices=choices, workers=1)}

    written = {
        arn: json.loads((found[arn].bundle / "policy-1.json").read_text())["Statement"][0]["Condition"]
        for arn in (ANN, BOB)
    }
    organization = {"aws:PrincipalOrgID": ORGANIZATION}
    assert {
        ANN: {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "StringEquals": {"aws:SourceVpce": "vpce-1a", **organization},
        },
        BOB: {"StringEquals": organization},
    } == written


@pytest.mark.parametrize(
    ("kind", "trust", "expected"),
    [
        ("user", None, frozenset()),
        ("role", None, None),
        ("role", "{", None),
        (
            "role",
            {"Principal": {"Service": ["Lambda.amazonaws.com", "ec2.amazonaws.com"]}},
            {"lambda.amazonaws.com", "ec2.amazonaws.com"},
        ),
        ("role", {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, frozenset()),
        ("role", {"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}, None),
    ],
    ids=["a user", "not collected", "not readable", "services", "an account", "all but somebody"],
)
def test_who_may_assume_a_role_is_what_its_trust_policy_says(kind, trust, expected):
    if isinstance(trust, dict):
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert expected == serves({"kind": kind, "trust_policy": trust})
