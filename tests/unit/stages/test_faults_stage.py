"""The table of faults: an account's own policies and its roles' trust policies, with what cannot be understood."""

import json
from datetime import UTC, datetime

import pyarrow as pa

from iamaudit.config import Settings
from iamaudit.engine.duck import Engine
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.stages.faults import faults_table

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
NOT_ACTION = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*", "Sid": "Rest"}}
)
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "2"}, "Action": "sts:AssumeRole"},
}


def engine(**tables):
    providers = {kind: (lambda schema=schema: schema.empty_table()) for kind, schema in STATE_SCHEMAS.items()}
    for kind, rows in tables.items():
        made = pa.Table.from_pylist([{"captured_at": AS_OF, **row} for row in rows], schema=STATE_SCHEMAS[kind])
        providers[kind] = lambda made=made: made
    return Engine(providers, Settings().parameters(AS_OF))


def test_own_policies_and_trusts_are_judged_and_those_of_aws_are_not():
    role = {"account_id": "1", "arn": "role/r", "kind": "role", "name": "r", "trust_policy": json.dumps(TRUST)}
    policies = [
        {"account_id": "1", "policy_id": "p", "name": "p", "kind": "customer", "document": NOT_ACTION},
        {"account_id": "1", "policy_id": "q", "name": "q", "kind": "aws", "document": NOT_ACTION},
        {"account_id": "1", "policy_id": "x", "name": "x", "kind": "inline", "document": "{}"},
        {"account_id": "1", "policy_id": "y", "name": "y", "kind": "inline", "document": None},
    ]

    found = faults_table(engine(principals=[role], policies=policies)).to_pylist()

    assert [
        ("p", "not_element_in_allow", 1, "Rest"),
        ("x", "policy_fault", None, None),
        ("role/r", "external_trust_without_condition", 1, None),
    ] == [(row["subject"], row["check"], row["statement"], row["sid"]) for row in found]


def test_accounts_of_the_organisation_are_no_strangers():
    role = {"account_id": "1", "arn": "role/r", "kind": "role", "name": "r", "trust_policy": json.dumps(TRUST)}
    accounts = [{"account_id": "2", "organization_id": "o-1"}]

    found = faults_table(engine(principals=[role], accounts=accounts)).to_pylist()

    assert [] == found
