"""A recommendation that was carried out: when, and what the principal's policies were before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamaudit.errors import InputError
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import holder_of
from iamaudit.model.plan import Plan
from iamaudit.policy.parse import parse
from iamaudit.recommend.evidence import CurrentPolicy


@dataclass(frozen=True, slots=True)
class Applied:
    """One recommendation in force since `at`; `by` is its journal or bundle, `is_whole` whether all of its plan was done."""

    principal: str
    at: datetime
    by: str
    before: tuple[CurrentPolicy, ...]
    after: tuple[CurrentPolicy, ...]
    is_whole: bool = True


def applied_from(
    plan: Plan, current: Mapping[str, Any], proposed: Sequence[Any], *, at: datetime, by: str, is_whole: bool
) -> Applied:
    """Return the value of a bundle's files; raise InputError for what is none, PolicySyntaxError for a policy that is none."""
    try:
        before = tuple(
            CurrentPolicy(
                str(one["policy_id"]),
                str(one["name"]),
                str(one["kind"]),
                str(one["through"]),
                parse(one["document"], name=str(one["name"])),
                json.dumps(one["document"]),
            )
            for one in current["policies"]
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"`{by}` does not tell the policies before the change: {error!r}") from error
    after = tuple(
        CurrentPolicy(f"proposed-{n}", f"proposed-{n}", "inline", plan.principal, parse(body), json.dumps(body))
        for n, body in enumerate(proposed, 1)
    )
    return Applied(plan.principal, at, by, before, after, is_whole)


def seen_in_events(plan: Plan, writes: Iterable[Mapping[str, Any]]) -> tuple[datetime | None, bool]:
    """Return since when CloudTrail tells that the plan was carried out, and whether all that it takes away was.

    *writes* are rows of `policy_writes` of the plan's account, in the order of time. A write is the plan's when it puts the
    very document (as JSON) or takes the very policy; the earliest counts.
    """
    rows = [row for row in writes if row["account_id"] == plan.account_id]
    wanted = [change for change in plan.changes if _takes(change)]
    found = [next((row["event_time"] for row in rows if _is_of(change, row)), None) for change in wanted]
    times = [time for time in found if time is not None]
    return (min(times) if times else None), len(times) == len(wanted)


def _takes(change: Change) -> bool:
    return change.kind in {
        ChangeKind.PUT_INLINE_POLICY,
        ChangeKind.CREATE_POLICY_VERSION,
        ChangeKind.DETACH_POLICY,
        ChangeKind.DELETE_INLINE_POLICY,
    }


def _is_of(change: Change, row: Mapping[str, Any]) -> bool:
    name = str(row["event_name"])
    if change.kind is ChangeKind.CREATE_POLICY_VERSION:
        return (
            name == "CreatePolicyVersion"
            and row["policy_arn"] == change.policy
            and _same(row["policy_document"], change.document)
        )
    try:
        holder = holder_of(change.holder)
    except InputError:
        return False
    kind = holder.kind.capitalize()
    if row["holder_name"] != holder.name:
        return False
    if change.kind is ChangeKind.DETACH_POLICY:
        return name == f"Detach{kind}Policy" and row["policy_arn"] == change.policy
    if row["policy_name"] != change.policy:
        return False
    if change.kind is ChangeKind.DELETE_INLINE_POLICY:
        return name == f"Delete{kind}Policy"
    return name == f"Put{kind}Policy" and _same(row["policy_document"], change.document)


def _same(one: str | None, other: str | None) -> bool:
    try:
        return bool(json.loads(one or "") == json.loads(other or ""))
    except (ValueError, RecursionError):
        return False
