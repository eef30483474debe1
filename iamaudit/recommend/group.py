"""From grains to statements: same resources and conditions together, sorted, the Denies of today as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from iamaudit.model.policy import Condition, Effect, Statement
from iamaudit.recommend.evidence import CurrentPolicy
from iamaudit.recommend.generalise import NEVER, THRESHOLD, generalise
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.sid import sid_of, unique_sids
from iamaudit.recommend.sources import WITH_VARIABLES, WITHOUT_VARIABLES, Source, is_within
from iamaudit.recommend.volatile import counted, creations, without_volatile
from iamaudit.recommend.wildcards import shortened

_ORIGINS: Final = ("used", "protected", "fresh", "unknown")


@dataclass(frozen=True, slots=True)
class Versioned:
    """A statement and the Version of the policy that it must stand in: variables have a meaning only in the newer."""

    statement: Statement
    version: str = WITH_VARIABLES
    is_carried: bool = False  # taken over from today as it is written, its Sid included


@dataclass(frozen=True, slots=True)
class Generalised:
    """A pattern of the proposal that stands for several observed names, or for one that will not come again."""

    action: str
    pattern: str
    names: int


def statements_of(
    grains: Iterable[Grain],
    current: Iterable[CurrentPolicy],
    *,
    threshold: int = THRESHOLD,
    shorten_with: tuple[str, ...] = (),
    created: frozenset[tuple[str, str]] | None = None,
) -> tuple[tuple[Versioned, ...], tuple[Generalised, ...]]:
    """Return the statements that allow the grains, then every Deny of *current*, and which names became patterns.

    Sids are telling and unique. With the catalogue's actions in *shorten_with*, actions are written with wildcards that name
    exactly them. *created*: what the principal was seen to make (`creations`), by
    default what the grains tell.
    """
    grains = tuple(grains)
    if created is None:
        created = made_by(grains)
    made: defaultdict[tuple[str, str], int] = defaultdict(int)
    by_source: defaultdict[tuple[str, str, tuple[Condition, ...], Source], list[Grain]] = defaultdict(list)
    for grain in grains:
        conditions = tuple(sorted(grain.conditions, key=lambda one: (one.operator, one.key, one.values)))
        by_source[grain.origin, grain.action, conditions, grain.source].append(grain)

    naming: defaultdict[str, set[Source]] = defaultdict(set)
    # (origin, action, conditions, version, not_resources) -> resources
    resources: defaultdict[tuple[str, str, tuple[Condition, ...], str, tuple[str, ...]], set[str]] = defaultdict(set)
    for (origin, action, conditions, source), members in by_source.items():
        version = WITHOUT_VARIABLES if source.is_frozen else WITH_VARIABLES
        naming[action].add(source)
        named = {one for grain in members for one in grain.resources}
        for grain in members:
            if grain.not_resources:
                resources[origin, action, conditions, version, tuple(sorted(grain.not_resources))] |= set()
        if named:
            wanted = named
            if origin == "used" and action.lower() not in NEVER and not source.is_frozen:
                is_granted = partial(is_within, source)
                own = named & set(source.statement.resources)  # today's patterns are not observed names
                patterns = without_volatile(named - own, action, created, is_granted)
                wanted = set(generalise({*own, *patterns}, is_granted, threshold=threshold))
                for pattern, count in counted(patterns, wanted - own).items():
                    made[action, pattern] += count
            resources[origin, action, conditions, version, ()] |= wanted

    actions: defaultdict[tuple[str, tuple[Condition, ...], str, tuple[str, ...], tuple[str, ...]], set[str]]
    actions = defaultdict(set)
    for (origin, action, conditions, version, excluded), gathered in resources.items():
        actions[origin, conditions, version, tuple(sorted(gathered)), excluded].add(action)

    found = []
    for (origin, conditions, version, names, excluded), together in actions.items():
        # `*` says it all, and says it alone
        listed = ("*",) if "*" in names else names
        statement = Statement(
            Effect.ALLOW,
            actions=tuple(sorted(together)),
            resources=listed,
            not_resources=excluded,
            conditions=conditions,
        )
        sid = sid_of(statement, origin)
        if shorten_with:
            plain = {action for action in together if "*" not in action and "?" not in action}
            common = set.intersection(*(naming[action] for action in together))
            shorter = shortened(plain, shorten_with, partial(_is_named_by, common))
            statement = replace(statement, actions=tuple(sorted({*shorter, *(together - plain)})))
        found.append((_ORIGINS.index(origin), sid, Versioned(replace(statement, sid=sid), version)))
    found.sort(key=lambda one: (one[0], one[1], one[2].statement.resources, repr(one[2])))
    statements = unique_sids_of([*(versioned for _, _, versioned in found), *denies_of(current)])
    return statements, tuple(Generalised(*key, count) for key, count in sorted(made.items()))


def made_by(grains: Iterable[Grain]) -> frozenset[tuple[str, str]]:
    """Return what the principal was seen to make: its ids change from run to run."""
    return creations(sorted({grain.action for grain in grains if grain.origin == "used"}))


def _is_named_by(sources: Iterable[Source], pattern: str) -> bool:
    """Whether one of today's statements names everything that *pattern* ever may."""
    return any(source.names_all(pattern) for source in sources)


def denies_of(current: Iterable[CurrentPolicy]) -> tuple[Versioned, ...]:
    """Return every Deny of today as it is written, each once, in an order that does not depend on the input's."""
    found = {
        Versioned(statement, one.policy.version or WITHOUT_VARIABLES, is_carried=True)
        for one in current
        for statement in one.policy.statements
        if statement.effect is Effect.DENY
    }
    plain = {in_newest(one) for one in found}
    return tuple(sorted(plain, key=lambda one: (one.version, one.statement.sid or "", repr(one))))


def unique_sids_of(statements: Iterable[Versioned]) -> tuple[Versioned, ...]:
    """Return *statements* with Sids that no other has; a Deny keeps its own wherever it can."""
    listed = list(statements)
    sids = unique_sids([(one.statement.sid, one.is_carried) for one in listed])
    return tuple(replace(one, statement=replace(one.statement, sid=sid)) for one, sid in zip(listed, sids, strict=True))


def in_newest(one: Versioned) -> Versioned:
    """Let a statement without `${` stand in a 2012-10-17 policy, where it means the same."""
    texts = [*one.statement.resources, *one.statement.not_resources]
    texts += [value for condition in one.statement.conditions for value in condition.values]
    return one if any("${" in text for text in texts) else replace(one, version=WITH_VARIABLES)
