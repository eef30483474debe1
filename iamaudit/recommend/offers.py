"""Conditions that held for everything a principal was seen to do: offered with their evidence, put in when asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from iamaudit.knowledge.condition_keys import has_single_endpoint
from iamaudit.model.policy import Condition
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.told import Told

REGION: Final = "aws:RequestedRegion"
ENDPOINT: Final = "aws:SourceVpce"
MFA: Final = "aws:MultiFactorAuthPresent"
ORGANIZATION: Final = "aws:PrincipalOrgID"
MOST_VALUES: Final = 8  # a longer list limits little and is not read
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ENDPOINT: Final = re.compile(r"vpce-[0-9a-f]+")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}")


@dataclass(frozen=True, slots=True)
class Offer:
    """One condition, the actions that it held for, and how that is known.

    `uses` are the calls of those actions in the window, `told` those of them that tell the key: all, or it is not offered.
    """

    condition: Condition
    actions: tuple[str, ...]
    uses: int
    told: int
    first_seen: datetime
    last_seen: datetime | None
    source: str  # logs | inventory

    def as_json(self, *, is_put: bool) -> dict[str, Any]:
        """Return the entry in certificate.json; *is_put*: whether the policies have the condition."""
        return {
            "operator": self.condition.operator,
            "key": self.condition.key,
            "values": list(self.condition.values),
            "actions": list(self.actions),
            "uses": self.uses,
            "told": self.told,
            "first_seen": _time(self.first_seen),
            "last_seen": _time(self.last_seen),
            "source": self.source,
            "put": is_put,
        }

    def words(self) -> str:
        """Return one line for a reader."""
        values = " or ".join(f"`{one}`" for one in self.condition.values)
        where = f"in {self.told:,} of {self.uses:,} calls since {self.first_seen:%Y-%m-%d}"
        known = where if self.source == "logs" else f"by the inventory, for {self.uses:,} calls"
        named = len(self.actions)
        what = f"`{self.actions[0]}`" if named == 1 else f"{named} actions"
        return f"`{self.condition.key}` is {values}: {known}, for {what}"


@dataclass(frozen=True, slots=True)
class _Key:
    """How a key is offered: by service or for all that the principal does; which uses may carry it at all."""

    operator: str
    by_service: bool
    source: str
    fits: Callable[[ObservedUse, Told], bool]


def offers_of(uses: Iterable[ObservedUse], *, until: datetime | None, days: int, least_uses: int) -> tuple[Offer, ...]:
    """Return the conditions that every observed use of an action met, sorted.

    An action is taken when every use of it tells the key: one that does not is unknown, and forbids it. The values are
    those of all such actions of the service (endpoint, MFA) or of the principal (Region, organisation). They must have held since *days*
    before *until*, the end of the window, and for *least_uses* calls or more.
    """
    by_action: defaultdict[str, list[ObservedUse]] = defaultdict(list)
    for use in uses:
        by_action[use.action.lower()].append(use)
    found = []
    for name, key in _KEYS.items():
        units: defaultdict[str, list[ObservedUse]] = defaultdict(list)
        for action, members in by_action.items():
            if all(_holds(name, key, use) for use in members):
                units[action.partition(":")[0] if key.by_service else ""] += members
        offers = (_offer(name, key, members) for members in units.values())
        found += [
            one
            for one in offers
            if one is not None and until is not None
            if one.uses >= least_uses and one.first_seen <= until - timedelta(days=days)
        ]
    return tuple(sorted(found, key=lambda one: (one.condition.key, one.condition.values, one.actions)))


def conditions_for(offers: Iterable[Offer], action: str, resources: Iterable[str]) -> Iterator[Condition]:
    """Yield the conditions to put into a statement that allows *action* on *resources*; no Region where they name one."""
    listed = tuple(resources)
    for offer in offers:
        if offer.condition.key == REGION and listed and all(map(_names_region, listed)):
            continue
        if action.lower() in {one.lower() for one in offer.actions}:
            yield offer.condition


def told_of(use: ObservedUse, key: str) -> Told | None:
    """Return what a use tells of *key*."""
    return next((one for one in use.told if one.key == key), None)


def _holds(name: str, key: _Key, use: ObservedUse) -> bool:
    told = told_of(use, name)
    return told is not None and told.is_complete and key.fits(use, told)


def _offer(name: str, key: _Key, uses: list[ObservedUse]) -> Offer | None:
    # what is told is of an action, a resource and a way; several uses may share it
    told = {(use.action.lower(), use.resource, use.via): told_of(use, name) for use in uses}
    counts = [one for one in told.values() if one is not None]
    values = tuple(sorted({value for one in counts for value in one.values}))
    first = [use.first_seen for use in uses if use.first_seen is not None]
    last = [use.last_seen for use in uses if use.last_seen is not None]
    if len(values) > MOST_VALUES or not first:
        return None
    return Offer(
        Condition(key.operator, name, values),
        tuple(sorted({use.action for use in uses})),
        sum(one.of for one in counts),
        sum(one.told for one in counts),
        min(first),
        max(last) if last else None,
        key.source,
    )


def _names_region(resource: str) -> bool:
    """Whether a pattern leaves no Region open: its ARN has one, or names one bucket, which is in one."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return False
    if parts[2] == "s3" and not parts[3]:
        return not set("*?$") & set(parts[5].partition("/")[0])
    return bool(parts[3]) and not set("*?$") & set(parts[3])


def _is_own_call(use: ObservedUse) -> bool:
    """Whether the caller made the call itself, in the window, and the log shows it as such.

    What a service calls in the caller's name carries no endpoint of the caller's, and `false` as MFA (IAM user
    guide, aws:MultiFactorAuthPresent); which keys the check of an implied permission has, no log tells.
    """
    return use.via is None and use.evidence == "direct" and use.origin == "used"


def _region(use: ObservedUse, told: Told) -> bool:
    is_seen = use.evidence == "direct" and use.origin == "used"
    return is_seen and not has_single_endpoint(use.action) and all(map(_REGION.fullmatch, told.values))


def _endpoint(use: ObservedUse, told: Told) -> bool:
    return _is_own_call(use) and all(map(_ENDPOINT.fullmatch, told.values))


def _mfa(use: ObservedUse, told: Told) -> bool:
    return _is_own_call(use) and told.values == ("true",)


def _organization(_use: ObservedUse, told: Told) -> bool:
    return len(told.values) == 1 and bool(_ORGANIZATION.fullmatch(told.values[0]))


_KEYS: Final[Mapping[str, _Key]] = {
    REGION: _Key("StringEquals", by_service=False, source="logs", fits=_region),
    ENDPOINT: _Key("StringEquals", by_service=True, source="logs", fits=_endpoint),
    MFA: _Key("Bool", by_service=True, source="logs", fits=_mfa),  # not BoolIfExists: a key without MFA lacks it
    ORGANIZATION: _Key("StringEquals", by_service=False, source="inventory", fits=_organization),
}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
