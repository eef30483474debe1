"""The plan for credentials that nobody uses: tell the owner, take them away so that it can be undone, then delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from iamaudit.recommend.retire_plan import Holding, Idle, LeftOut, Retirement, RetirePlan
from iamaudit.recommend.retire_steps import deny_of, steps_of, tagged_day


def retire(
    idle: Iterable[Idle],
    holdings: Mapping[str, Holding],
    *,
    as_of: date,
    protected: Callable[[str], str] = lambda _arn: "",
    unknown: Iterable[LeftOut] = (),
    notice_days: int = 14,
    delete_days: int = 44,
) -> RetirePlan:
    """Return the plan, sorted by account and ARN.

    *holdings* are by ARN, *protected* says why a principal may not be touched (empty: it may). An idle user takes its
    idle keys and password with it. What bears the tag of an earlier notice keeps its day, so that plans of later nights
    do not move it. Root, service-linked roles, roles of permission sets and whatever cannot be undone safely are left
    out with the reason, beside the *unknown*. Days count from *as_of*; *delete_days* is not less than *notice_days*.
    """
    found = sorted(set(idle), key=lambda one: (one.account_id, one.arn, _ORDER[one.check], one.detail))
    whole = {one.arn for one in found if one.check in {"idle_user", "idle_role"}}
    retirements, left_out = [], list(unknown)
    for one in found:
        if one.arn in whole and _ORDER[one.check] > 0:
            continue  # goes with its user, or stays with it
        holding = holdings.get(one.arn)
        why = _reason_to_leave(one, holding, protected)
        if why or holding is None:
            left_out.append(LeftOut(one.arn, one.account_id, one.detail or one.check.removeprefix("idle_"), why))
        else:
            disable = tagged_day(one, holding) or as_of + timedelta(days=notice_days)
            days = disable - timedelta(days=notice_days), disable, disable + timedelta(days=delete_days - notice_days)
            retirements.append(Retirement(one, holding, steps_of(one, holding, days)))
    ordered = sorted(set(left_out), key=lambda entry: (entry.account_id, entry.arn, entry.what, entry.why))
    return RetirePlan(as_of, tuple(retirements), tuple(ordered))


_ORDER: Final = {"idle_user": 0, "idle_role": 0, "idle_access_key": 1, "idle_password": 2}


def _reason_to_leave(one: Idle, holding: Holding | None, protected: Callable[[str], str]) -> str:
    if one.arn.endswith(":root"):
        return "root is not retired: delete its keys by hand"
    if holding is None:
        return "the state of today does not have it: collect again"
    if holding.is_service_linked:
        return "a service-linked role belongs to AWS: the service deletes it"
    if holding.permission_set is not None:
        return f"Identity Center made it: take the assignments of permission set `{holding.permission_set}` away"
    if why := protected(one.arn):
        return why
    if one.check == "idle_access_key" and holding.keys.get(one.detail) is None:
        return "the key's id was not read: collect by API, or add `list-access-keys` of the user"
    if one.check in {"idle_user", "idle_role"} and deny_of(holding) is None:
        return "neither an inline policy nor another managed one fits: make room, or delete it by hand"
    return ""
