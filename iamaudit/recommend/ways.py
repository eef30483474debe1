"""Calls that came through a service only: `kms:ViaService` and `aws:CalledVia`, where that is certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from iamaudit.knowledge.condition_keys import CALLED_VIA, VIA_SERVICE, calling_service
from iamaudit.model.policy import Condition
from iamaudit.recommend.evidence import ObservedUse

Ways = Mapping[tuple[str, str], tuple[Condition, ...]]
"""(action, resource) -> the conditions that hold for all its calls."""

_OPERATORS: Final = {VIA_SERVICE: "StringEquals", CALLED_VIA: "ForAnyValue:StringEquals"}  # the latter has many values


def ways_of(uses: Iterable[ObservedUse], serves: Collection[str] | None) -> Ways:
    """Return the conditions for every (action, resource) whose every use came through services that a policy can name.

    *serves* are the services that may assume the principal itself (its trust policy), None when nobody knows: what a
    service calls with a role of its own carries neither key (IAM user guide, aws:CalledVia), and the log shows it like a
    call for somebody. So a service that is among them is left out, `aws:CalledVia` is for those that were seen to
    call the service themselves, and `kms:ViaService` for those that were seen to call anything themselves. Implied uses
    are left out too: no log tells which keys their check has.
    """
    uses = tuple(uses)
    if serves is None:
        return {}
    own = {use.action.partition(":")[0].lower() for use in uses if use.via is None and use.evidence == "direct"}
    found: defaultdict[tuple[str, str], list[tuple[str, str] | None]] = defaultdict(list)
    for use in uses:
        found[use.action.lower(), use.resource].append(_way(use, serves, own))
    ways = {}
    for place, seen in found.items():
        named = {one for one in seen if one is not None}
        keys = {key for key, _ in named}
        if None not in seen and len(keys) == 1:
            key = keys.pop()
            values = tuple(sorted(value for _, value in named))
            ways[place] = (Condition(_OPERATORS[key], key, values),)
    return ways


def _way(use: ObservedUse, serves: Collection[str], own: Collection[str]) -> tuple[str, str] | None:
    """Return the key and value that tell how a use came, or None where it came directly or that is not certain."""
    if use.via is None or use.evidence != "direct" or use.via.lower() in serves or not own:
        return None
    for key in _OPERATORS:
        value = use.conditions.get(key)
        service = None if value is None else calling_service(key, value)
        if value is None or service is None:
            continue
        if key == VIA_SERVICE and ":key/" in use.resource:  # a condition of operations on a key only
            return key, value
        if key == CALLED_VIA and service in own:
            return key, value
    return None
