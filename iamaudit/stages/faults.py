"""The table of what is wrong with policies, for the findings: one row per statement and fault."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.errors import PolicySyntaxError
from iamaudit.model.policy import PolicyKind
from iamaudit.policy.faults import FAULT, Fault, faults_of
from iamaudit.policy.parse import parse
from iamaudit.policy.trust_faults import trust_faults

FAULTS_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("subject", pa.string()),  # the policy's id, or the role whose trust policy it is
        ("name", pa.string()),
        ("check", pa.string()),
        ("statement", pa.int64()),  # its number; null when the whole policy is meant
        ("sid", pa.string()),
        ("words", pa.string()),
    ]
)
Row = dict[str, object]


def faults_table(engine: Engine) -> pa.Table:
    """Return what is wrong with the policies that an account wrote itself, and with its roles' trust policies."""
    return pa.Table.from_pylist([*_of_policies(engine), *_of_trusts(engine)], schema=FAULTS_SCHEMA)


def _of_policies(engine: Engine) -> Iterator[Row]:
    for row in engine.table("stg_policies").to_pylist():
        if row["kind"] == "aws" or row["document"] is None:
            continue
        where = {"account_id": row["account_id"], "subject": row["policy_id"], "name": row["name"]}
        try:
            policy = parse(row["document"])
        except PolicySyntaxError as error:
            yield {**where, "check": FAULT, "words": f"it cannot be understood: {error}"}
            continue
        yield from ({**where, **_row(fault)} for fault in faults_of(policy))


def _of_trusts(engine: Engine) -> Iterator[Row]:
    accounts = frozenset(row["account_id"] for row in engine.table("stg_accounts").to_pylist())
    for row in engine.table("stg_principals").to_pylist():
        if row["trust_policy"] is None or row["is_service_linked"] or row["permission_set"]:
            continue
        where = {"account_id": row["account_id"], "subject": row["arn"], "name": row["name"]}
        try:
            policy = parse(row["trust_policy"], kind=PolicyKind.TRUST)
        except PolicySyntaxError as error:
            yield {**where, "check": FAULT, "words": f"its trust policy cannot be understood: {error}"}
            continue
        faults = trust_faults(policy, account=row["account_id"], own_accounts=accounts)
        yield from ({**where, **_row(fault)} for fault in faults)


def _row(fault: Fault) -> Row:
    return {"check": fault.check, "statement": fault.number, "sid": fault.sid, "words": fault.words}
