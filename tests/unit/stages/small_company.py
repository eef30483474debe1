"""A small account with users, groups, roles and policies as a test wants them, and their calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa

from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.stages.instants import moment
from iamaudit.stages.recommend import recommend
from iamaudit.stages.workbench import engine_on
from tests.properties.small_lake import ACCOUNT, SmallLake
from tests.unit.stages.small_account import SETTINGS

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF = "2026-11-05"


def arn(kind, name):
    """Return the ARN of a user, role, group or policy."""
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def document(*actions, resource="*"):
    """Return a policy that allows *actions*."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def recommended(lake, out, choices, **options):
    """Return what one night recommends on *lake*, by ARN."""
    with lake, lake.engine() as engine:
        return {one.principal: one for one in recommend(engine, out, choices=choices, workers=1, **options)}


def plan_of(entry):
    """Return the plan in a recommendation's bundle."""
    return json.loads((entry.bundle / "plan.json").read_text())


class SmallCompany(SmallLake):
    """A lake of some calls and a state; use it as a context.

    *inline*: {(kind, name): document}; *managed*: {name or ARN: (document, [(kind, name)…])}; *members*: {group: [users]}.
    """

    def __init__(self, calls, *, inline, managed=None, members=None, more=None):
        super().__init__()
        self.ingest([calls])
        holders = {*inline, *(holder for _, held in (managed or {}).values() for holder in held)}
        holders |= {("group", name) for name in members or {}}
        holders |= {("user", name) for names in (members or {}).values() for name in names}
        tables = {
            "principals": [_principal(*holder) for holder in sorted(holders)],
            "policies": [],
            "attachments": [],
            "memberships": [
                {"account_id": ACCOUNT, "user_arn": arn("user", user), "group_arn": arn("group", name)}
                for name, users in (members or {}).items()
                for user in users
            ],
        }
        for holder, text in inline.items():
            policy_id = f"{arn(*holder)}#work"
            tables["policies"].append(_policy(policy_id, "work", "inline", text))
            tables["attachments"].append(_attachment(arn(*holder), policy_id))
        for name, (text, held) in (managed or {}).items():
            policy_id = name if name.startswith("arn:") else arn("policy", name)
            kind = "aws" if "::aws:" in policy_id else "customer"
            tables["policies"].append(_policy(policy_id, policy_id.rpartition("/")[2], kind, text))
            tables["attachments"] += [_attachment(arn(*holder), policy_id) for holder in held]
        for kind, rows in (more or {}).items():
            tables.setdefault(kind, []).extend(rows)
        captured = moment(AS_OF, now=None)
        write_state(
            self.lake,
            {
                kind: pa.Table.from_pylist(
                    [{"captured_at": captured, **row} for row in rows], schema=STATE_SCHEMAS[kind]
                )
                for kind, rows in tables.items()
            },
            captured_at=captured,
            accounts={ACCOUNT: {"users": 1}},
            missing=(),
        )

    def engine(self, settings=SETTINGS):
        """Return the engine as of the midnight of the day of the capture."""
        return engine_on(self.lake, settings, moment(AS_OF, now=None))


def _principal(kind, name):
    set_name = name.removeprefix("AWSReservedSSO_").rpartition("_")[0] if name.startswith("AWSReservedSSO_") else None
    return {
        "account_id": ACCOUNT,
        "arn": arn(kind, name),
        "kind": kind,
        "name": name,
        "principal_id": f"{'AROA' if kind == 'role' else 'AIDA' if kind == 'user' else 'AGPA'}{name.upper()}",
        "created_at": LONG_AGO,
        "permission_set": set_name,
    }


def _policy(policy_id, name, kind, text):
    return {
        "account_id": ACCOUNT,
        "policy_id": policy_id,
        "name": name,
        "kind": kind,
        "document": text,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }


def _attachment(holder, policy_id):
    return {"account_id": ACCOUNT, "holder_arn": holder, "policy_id": policy_id}
