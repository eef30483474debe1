"""The conditions that a statement gets because the uses that it must allow had them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iamaudit.model.policy import Condition
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.grain import PASS_ROLE, PASSED_TO, Grain
from iamaudit.recommend.offers import Offer, conditions_for
from iamaudit.recommend.sources import Source
from iamaudit.recommend.ways import Ways


@dataclass(frozen=True, slots=True)
class Observed:
    """What all uses together say: through which services they came, and which further conditions were asked for."""

    ways: Ways = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()

    def of(self, source: Source, use: ObservedUse, resources: Iterable[str]) -> tuple[Condition, ...]:
        """Return what to add for *use* to a statement of today that is cut down to *resources*.

        Never a key that the statement has a condition on already, and nothing to one that must stay as it is written.
        """
        if source.is_frozen:
            return ()
        own = {condition.key.lower() for condition in source.statement.conditions}
        found = (
            *_passed_to(use),
            *self.ways.get((use.action.lower(), use.resource), ()),
            *conditions_for(self.offers, use.action, resources),
        )
        return tuple(one for one in found if one.key.lower() not in own)


def narrowing(offers: Iterable[Offer], grains: Iterable[Grain]) -> tuple[Offer, ...]:
    """Return the offers that limit some of *grains*, or have done so already."""
    listed = tuple(offers)
    found = {
        condition
        for grain in grains
        if grain.origin == "used" and not grain.source.is_frozen
        for condition in conditions_for(listed, grain.action, grain.resources)
        if condition.key.lower() not in {one.key.lower() for one in grain.source.statement.conditions}
    }
    return tuple(one for one in listed if one.condition in found)


def _passed_to(use: ObservedUse) -> Iterator[Condition]:
    """Yield the condition that limits a PassRole to the service that the role went to (domain.md §2.5)."""
    if use.action.lower() == PASS_ROLE.lower():
        for key, value in use.conditions.items():
            if key.lower() == PASSED_TO.lower():
                yield Condition("StringEquals", PASSED_TO, (value,))
