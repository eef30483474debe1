"""What the logs cannot tell about a principal's grants: nothing at all, or only what no log ever shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from iamaudit.recommend.evidence import Actions, PrincipalEvidence, UnknownGrant

# How the judge of grants begins the reasons that hold for a whole account, whatever the action.
_GAP: Final = re.compile(r"no logs of the account on (\d+) of \d+ days")
_ACCOUNT_WIDE: Final = ("no logs of the account", "the lake has no logs of account", "the window begins on")
_UNKNOWABLE: Final = (
    "no API operation has this name",
    "the service has no public API model",
    "needs no permission",
    "may be asked when something is made with tags",
)


def blindness(evidence: PrincipalEvidence) -> str:
    """Return why no grant of the account can be called unused, and what to do; empty when some can.

    The reason holds for the account, so one action that was not seen and has it speaks for all.
    """
    seen = {use.action.lower() for use in evidence.uses}
    for one in evidence.unknown:
        if one.reason.startswith(_ACCOUNT_WIDE) and one.action.lower() not in seen:
            return f"{one.reason}: no grant can be called unused; {_remedy(one.reason)}"
    return ""


def without_unknowable(
    evidence: PrincipalEvidence, catalogue: Actions, keep: frozenset[str]
) -> tuple[PrincipalEvidence, tuple[str, ...]]:
    """Return *evidence* without permission-only actions of services that were never used, and those actions.

    What no API operation carries is needed, if at all, beside the calls of its own service, and the logs would have
    shown those; but for *keep*, the closed list of actions that the calls of other services need.
    """
    used = {use.action.partition(":")[0].lower() for use in evidence.uses}
    always = {action.lower() for action in keep} | {"iam:passrole"}
    kept: list[UnknownGrant] = []
    left_out: set[str] = set()
    for one in evidence.unknown:
        is_idle = one.action.partition(":")[0].lower() not in used
        if is_idle and one.reason.startswith(_UNKNOWABLE) and one.action.lower() not in always:
            left_out.add(catalogue.spelling(one.action) or one.action)
        else:
            kept.append(one)
    return replace(evidence, unknown=tuple(kept)), tuple(sorted(left_out - _actions(kept, catalogue)))


def _actions(grants: Iterable[UnknownGrant], catalogue: Actions) -> set[str]:
    return {catalogue.spelling(one.action) or one.action for one in grants}


def _remedy(reason: str) -> str:
    if gap := _GAP.match(reason):
        return f"ingest the missing days, or run with `--tolerate-gap-days {gap[1]}` to accept them"
    if reason.startswith("the window begins on"):
        return "ingest older logs, or give a shorter `--window-days`"
    return "ingest its logs"
