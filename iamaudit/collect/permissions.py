"""The smallest IAM policy that collecting needs: the facts are in `permissions.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Permission:
    """One action the collector calls. `needs` says when: `account` always, `organization` with it, `role` to assume."""

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


def collector_policy(*, organization: bool = False, role: str | None = None) -> dict[str, Any]:
    """Return the policy document for the collecting principal.

    With *organization* it may read the tree and its policies, with *role* assume that role in any account. The role
    in the other accounts needs the policy without both. `sts:GetCallerIdentity` needs no permission.
    """
    statements = [_statement("ReadAccountState", "account", "*")]
    if organization:
        statements.append(_statement("ReadOrganization", "organization", "*"))
    if role is not None:
        resource = next(permission.resource for permission in permissions() if permission.needs == "role")
        statements.append(_statement("AssumeRoleInAccounts", "role", resource.replace("{role}", role)))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, needs: str, resource: str) -> dict[str, Any]:
    actions = sorted(permission.action for permission in permissions() if permission.needs == needs)
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
