"""What an earlier plan has disabled: it is no finding any more, and must still be deleted, or given back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from iamaudit.recommend.retire_plan import Holding, Idle, LeftOut
from iamaudit.recommend.retire_steps import DENY_NAME, tagged_day

_MANAGED: Final = ":iam::aws:policy/AWSDenyAll"


def disabled_before(
    holdings: Iterable[Holding],
    *,
    found: Collection[tuple[str, str]],
    inactive: Collection[tuple[str, str]],
    last_signs: Mapping[str, date],
) -> tuple[list[Idle], list[LeftOut]]:
    """Return what goes on being retired, and what was tried since it was disabled.

    *found* are ARN and detail of today's findings, *inactive* ARN and slot of keys that are not active, *last_signs* the last
    day on which a user or role did or tried anything. Only what bears the tag of a notice was disabled by a plan.
    """
    going_on: list[Idle] = []
    tried: list[LeftOut] = []
    for holding in holdings:
        whole = Idle(f"idle_{holding.kind}", holding.arn, holding.account_id, "disabled by an earlier plan", "")
        day = tagged_day(whole, holding)
        if day is not None and _is_denied(holding) and (holding.arn, "") not in found:
            since = last_signs.get(holding.arn)
            if since is not None and since > day:
                why = f"disabled on {day} and tried on {since}: give it back by taking `{DENY_NAME}` away, or find out who"
                tried.append(LeftOut(holding.arn, holding.account_id, holding.kind, why))
            else:
                going_on.append(whole)
            continue
        for slot in sorted(slot for slot in holding.keys if (holding.arn, slot) in inactive):
            key = Idle("idle_access_key", holding.arn, holding.account_id, "made inactive by an earlier plan", "", slot)
            if tagged_day(key, holding) is not None:
                going_on.append(key)
    return going_on, tried


def _is_denied(holding: Holding) -> bool:
    return DENY_NAME in holding.inline or any(arn.endswith(_MANAGED) for arn in holding.attached)
