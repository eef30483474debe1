"""What conditions say about the values of a key, and whether one thing said follows from others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from iamaudit.model.policy import Condition
from iamaudit.policy.conditions import OPERATORS, read_operator
from iamaudit.policy.value_sets import EVERYTHING, NOTHING, ValueSet, is_inside, value_set

_NAMES: Final = {id(entry): name for name, entry in OPERATORS.items()}


class Many(Enum):
    """When a condition holds for a key with several values."""

    NEVER = "never"
    EVERY = "every value is in the set"
    SOME = "some value is in the set"
    ALWAYS = "always"


_OPPOSITE: Final = {Many.NEVER: Many.ALWAYS, Many.ALWAYS: Many.NEVER, Many.EVERY: Many.SOME, Many.SOME: Many.EVERY}


@dataclass(frozen=True, slots=True)
class Fact:
    """The states of a key in which a condition holds: absent, one value of the set, or several."""

    key: str  # lower case
    absent: bool
    values: ValueSet
    many: Many

    @property
    def opposite(self) -> Fact:
        """The states in which the condition does not hold."""
        values = replace(self.values, complement=not self.values.complement)
        return Fact(self.key, not self.absent, values, _OPPOSITE[self.many])

    @property
    def parts(self) -> tuple[Fact, ...]:
        """Facts of which one holds whenever this does, one for each value; itself when it has no such parts."""
        if self.absent or self.values.complement or self.many is not Many.NEVER or len(self.values.patterns) < 2:
            return (self,)
        return tuple(replace(self, values=ValueSet((one,))) for one in self.values.patterns)


def fact_of(condition: Condition, *, variables: bool) -> Fact | None:
    """Return what *condition* says, or None when it is of an operator that nobody can compare."""
    key = condition.key.lower()
    name = read_operator(condition.operator)
    if name is None:  # holds never
        return Fact(key, absent=False, values=NOTHING, many=Many.NEVER)
    if name.operator is None:
        words = {value.lower() for value in condition.values}
        is_present = "false" in words
        values = EVERYTHING if is_present else NOTHING
        return Fact(key, absent="true" in words, values=values, many=Many.ALWAYS if is_present else Many.NEVER)
    operator = _NAMES.get(id(name.operator))
    found = None if operator is None else value_set(operator, condition.values, variables=variables)
    if found is None:
        return None
    negated = name.operator.negated
    if name.set_prefix:
        is_all = name.set_prefix == "forallvalues"
        return Fact(key, is_all or name.if_exists, found, Many.EVERY if is_all else Many.SOME)
    return Fact(key, negated or name.if_exists, found, Many.ALWAYS if negated else Many.NEVER)


def implies(strict: Fact, loose: Fact) -> bool:
    """Return whether *loose* surely holds whenever *strict* does."""
    if strict.key != loose.key or (strict.absent and not loose.absent):
        return False
    is_within = is_inside(strict.values, loose.values)
    if not is_within:
        return False
    if strict.many is Many.NEVER or loose.many is Many.ALWAYS:
        return True
    return (strict.many, loose.many) in {(Many.EVERY, Many.EVERY), (Many.EVERY, Many.SOME), (Many.SOME, Many.SOME)}


def are_contradictory(facts: Sequence[Fact]) -> bool:
    """Return whether no request can have all *facts*."""
    never = (not one.absent and one.values == NOTHING and one.many is Many.NEVER for one in facts)
    return any(never) or any(
        implies(one, other.opposite) for place, one in enumerate(facts) for other in facts[place + 1 :]
    )


def follow(facts: Sequence[Fact], conditions: Iterable[Condition], *, variables: bool) -> bool:
    """Return whether a block of conditions surely holds when all *facts* do."""
    for condition in conditions:
        wanted = fact_of(condition, variables=variables)
        if wanted is None or not any(implies(fact, wanted) for fact in facts):
            return False
    return True
