"""Whether what one Allow statement allows is allowed by other statements: set algebra on resources and conditions.

What the statement allows is a region: the names that fit its Resource pattern, less those it spares, less those that
its own side denies. Old Allows are taken away from it; nothing may be left. Then no old Deny may reach into it. Which
statements count depends on what the conditions say together: a statement whose conditions follow from the facts counts
whole, one whose conditions contradict them not at all. When that is not enough, the facts are split into cases
(each value of a condition; a condition holds or it does not) that are proven one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from iamaudit.model.policy import Condition
from iamaudit.policy.evidence import Entry
from iamaudit.policy.implication import Fact, are_contradictory, fact_of, follow
from iamaudit.policy.inclusion import Tokens, TooManyStatesError, resource_tokens, text_outside
from iamaudit.policy.match import glob_matches, is_everything
from iamaudit.policy.reasons import place
from iamaudit.policy.variables import has_variable

_MOST_CASES: Final = 64

Facts = tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """An Allow statement, and every statement of both sides that names (or may name) the same actions."""

    entry: Entry
    old_allows: tuple[Entry, ...]
    old_denies: tuple[Entry, ...]
    new_denies: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A resource pattern that could not be proven, a text to try, and conditions that the try should meet."""

    pattern: str
    why: str
    letters: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


def doubts(claim: Claim) -> Iterator[Doubt]:
    """Yield a doubt for every resource pattern of the statement that is not proven to be allowed by the old ones."""
    entry = claim.entry
    base = _facts(entry)
    if are_contradictory(base):
        return
    for pattern in entry.statement.resources or ("*",):
        if _fits_the_star(pattern):
            yield Doubt(pattern, "it fits `*` like a wildcard of its own kind; write `*`")
            continue
        try:
            found = list(_doubts_about(claim, pattern, base))
            if found and not _is_proven_by_cases(claim, pattern, base):
                yield from found
        except TooManyStatesError:
            yield Doubt(pattern, "its patterns are too tangled to compare; write them more simply")


def _doubts_about(claim: Claim, pattern: str, facts: Facts) -> Iterator[Doubt]:
    outside = _outside_allows(claim, pattern, facts)
    if outside is not None:
        yield Doubt(pattern, "no old Allow covers it all", outside)
        return
    for deny in claim.old_denies:
        found = _inside_deny(claim, pattern, facts, deny)
        if found is not None:
            why = f"{place(deny)} of the old policies denies a part of it, and no new Deny provably does"
            yield Doubt(pattern, why, found, deny.statement.conditions)


def _is_proven_by_cases(claim: Claim, pattern: str, base: Facts) -> bool:
    choices = list(_choices(claim, pattern, base))
    while choices and prod(len(one) for one in choices) > _MOST_CASES:
        choices.pop()
    cases = [(*base, *chosen) for chosen in product(*choices)]
    return bool(choices) and all(
        are_contradictory(facts) or not any(True for _ in _doubts_about(claim, pattern, facts)) for facts in cases
    )


def _choices(claim: Claim, pattern: str, base: Facts) -> Iterator[tuple[Fact, ...]]:
    """Yield facts of which at least one holds in the whole region, those first that are sure to be of use."""
    small = _tokens(claim.entry, pattern)
    for deny in claim.new_denies:  # what it does not deny fails one of its conditions
        failing = [fact_of(one, variables=deny.knows_variables) for one in deny.statement.conditions]
        if failing and None not in failing and _denies_all(deny, small):
            yield tuple(fact.opposite for fact in failing if fact is not None)
    for fact in base:
        if len(fact.parts) > 1:
            yield fact.parts
    conditions = {
        (one, entry.knows_variables): None for entry in claim.old_allows for one in entry.statement.conditions
    }
    for condition, variables in conditions:
        either = fact_of(condition, variables=variables)
        if either is not None:
            yield (either, either.opposite)


def _denies_all(deny: Entry, small: Tokens) -> bool:
    return text_outside(small, tuple(_tokens(deny, one) for one in deny.statement.resources)) is None


@dataclass(frozen=True, slots=True)
class _Region:
    """Texts that fit *small*, none of *outside*, and one pattern of each group in *within*."""

    small: Tokens
    outside: tuple[Tokens, ...]
    within: tuple[tuple[Tokens, ...], ...] = ()

    def less(self, entry: Entry) -> _Region:
        """Return the region without what a statement that holds for sure covers, as far as that is certain."""
        statement = entry.statement
        outside = (*self.outside, *(_tokens(entry, one) for one in statement.resources))
        if statement.not_resources and not _has_open_end(entry):
            return _Region(self.small, outside, (*self.within, _spared(entry)))
        return _Region(self.small, outside, self.within)

    def only(self, entry: Entry) -> _Region:
        """Return the part of the region that a statement may cover."""
        statement = entry.statement
        if statement.not_resources:
            return _Region(self.small, (*self.outside, *_spared(entry)), self.within)
        covered = tuple(_tokens(entry, pattern) for pattern in statement.resources or ("*",))
        return _Region(self.small, self.outside, (*self.within, covered))

    def example(self) -> tuple[str, ...] | None:
        """Return a text of the region, or None when there is none."""
        return text_outside(self.small, self.outside, self.within)


def _region(claim: Claim, pattern: str, facts: Facts) -> _Region:
    """Return what the statement allows of *pattern* under *facts*: what it spares and what its own side denies is out."""
    entry = claim.entry
    region = _Region(_tokens(entry, pattern), _spared(entry))
    for deny in claim.new_denies:
        if _holds(deny, facts):
            region = region.less(deny)
    return region


def _outside_allows(claim: Claim, pattern: str, facts: Facts) -> tuple[str, ...] | None:
    """Return letters of a resource that no old Allow covers, or None when they cover the whole region."""
    region = _region(claim, pattern, facts)
    for allow in claim.old_allows:
        if _holds(allow, facts):
            if _spares_at_most(allow, claim.entry):
                return None
            region = region.less(allow)
    return region.example()


def _inside_deny(claim: Claim, pattern: str, facts: Facts, deny: Entry) -> tuple[str, ...] | None:
    """Return letters of a resource in the region that an old Deny covers and no new one, or None."""
    together = (*facts, *_facts(deny))
    if are_contradictory(together):
        return None
    kept = [one for one in claim.new_denies if _holds(one, together)]
    if any(_covers_at_least(one, deny) for one in kept):
        return None
    region = _region(claim, pattern, together).only(deny)
    if is_everything(pattern) and any(map(_fits_the_star, deny.statement.resources)):
        return _STAR  # the request for `*` itself, which no field-by-field pattern shows
    return region.example()


_STAR: Final = ("*",)


def _holds(entry: Entry, facts: Sequence[Fact]) -> bool:
    return follow(facts, entry.statement.conditions, variables=entry.knows_variables)


def _facts(entry: Entry) -> Facts:
    found = (fact_of(condition, variables=entry.knows_variables) for condition in entry.statement.conditions)
    return tuple(fact for fact in found if fact is not None)


def _tokens(entry: Entry, pattern: str) -> Tokens:
    return resource_tokens(pattern, variables=entry.knows_variables)


def _spared(entry: Entry) -> tuple[Tokens, ...]:
    return tuple(_tokens(entry, pattern) for pattern in entry.statement.not_resources)


def _fits_the_star(pattern: str) -> bool:
    """Return whether *pattern* fits the one character `*` of a request without a resource, and is not `*` itself."""
    return glob_matches(pattern, "*") and not is_everything(pattern)


def _has_open_end(entry: Entry) -> bool:
    """Return whether it is not certain what a NotResource covers: a variable without a value makes it nothing."""
    patterns = entry.statement.not_resources
    return any(map(_fits_the_star, patterns)) or (
        entry.knows_variables and any(has_variable(pattern) for pattern in patterns)
    )


def _spares_at_most(old: Entry, new: Entry) -> bool:
    """Return whether an old NotResource is, text by text, in a new one: it then covers at least as much.

    True for variables too: both statements see the same values, and one without a value makes both match nothing.
    """
    spared = old.statement.not_resources
    if not _read_variables_alike(old, new, spared):
        return False
    return bool(spared) and set(spared) <= set(new.statement.not_resources)


def _covers_at_least(new: Entry, old: Entry) -> bool:
    """Return whether, text by text, a statement covers all resources that another does."""
    if not _read_variables_alike(new, old, (*old.statement.resources, *old.statement.not_resources)):
        return False
    if old.statement.not_resources:
        return _spares_at_most(new, old)
    return bool(old.statement.resources) and set(new.statement.resources) >= set(old.statement.resources)


def _read_variables_alike(one: Entry, other: Entry, patterns: Iterable[str]) -> bool:
    return one.knows_variables == other.knows_variables or not any(has_variable(pattern) for pattern in patterns)
