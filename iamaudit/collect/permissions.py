"""The smallest IAM policies that collecting, reading logs and keeping a lake need: the facts are in `permissions.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Permission:
    """One action that is called, or needed for a call to succeed.

    `needs` says when: to collect, `account` always, `last_accessed` and `organization` with them, `role` to assume; to read logs, `bucket`,
    `key` when it is encrypted, `queue`, `history`, `verify`; for a lake in S3, `lake`.
    """

    action: str
    resource: str
    needs: str
    brings: str
    source: str


@cache
def permissions() -> tuple[Permission, ...]:
    """Return every permission in the order of the calls."""
    text = resources.files("iamaudit.collect").joinpath("permissions.csv").read_text(encoding="utf-8")
    return tuple(Permission(**row) for row in csv.DictReader(text.splitlines()))


def collector_policy(
    *, organization: bool = False, role: str | None = None, last_accessed: bool = False
) -> dict[str, Any]:
    """Return the policy document for the collecting principal.

    With *organization* it may read the tree, its policies and Identity Center, with *role* assume that role in any
    account, with *last_accessed* ask when services were last used. The role in the other accounts needs the policy
    without the first two. `sts:GetCallerIdentity` needs no permission.
    """
    statements = [_statement("ReadAccountState", "account", "*")]
    if last_accessed:
        statements.append(_statement("AskServiceLastAccessed", "last_accessed", "*"))
    if organization:
        statements.append(_statement("ReadOrganization", "organization", "*"))
    if role is not None:
        resource = next(permission.resource for permission in permissions() if permission.needs == "role")
        statements.append(_statement("AssumeRoleInAccounts", "role", resource.replace("{role}", role)))
    return {"Version": "2012-10-17", "Statement": statements}


def reader_policy(
    *,
    bucket: str | None = None,
    key_arn: str | None = None,
    queue_arn: str | None = None,
    history: bool = False,
    verify: bool = False,
    lake: str | None = None,
) -> dict[str, Any]:
    """Return the policy document for the principal that reads logs: only what the places named need.

    *bucket* and *lake* are bucket names. A prefix can be added by hand: to the objects' ARN, and as `s3:prefix`.
    """
    wanted = (
        ("ReadLogs", "bucket", bucket),
        ("DecryptLogs", "key", key_arn),
        ("ReadQueue", "queue", queue_arn),
        ("VerifyLogs", "verify", "*" if verify else None),
        ("ReadEventHistory", "history", "*" if history else None),
        ("KeepLake", "lake", lake),
    )
    statements: list[dict[str, Any]] = []
    for sid, needs, place in wanted:
        if place is None:
            continue
        by_resource: dict[str, list[str]] = {}
        for permission in permissions():
            if permission.needs == needs:
                resource = permission.resource.replace(f"{{{needs}}}", place)
                by_resource.setdefault(resource, []).append(permission.action)
        for resource, actions in by_resource.items():
            name = sid if len(by_resource) == 1 else f"{sid}{'Objects' if resource.endswith('/*') else 'Listing'}"
            statements.append({"Sid": name, "Effect": "Allow", "Action": sorted(actions), "Resource": resource})
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, needs: str, resource: str) -> dict[str, Any]:
    actions = sorted(permission.action for permission in permissions() if permission.needs == needs)
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
