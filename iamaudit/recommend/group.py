"""From grains to statements: same resources and conditions together, sorted, the Denies of today as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from iamaudit.model.policy import Condition, Effect, Statement
from iamaudit.recommend.evidence import Actions, CurrentPolicy
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.scope import Generalised, Scope, added_up
from iamaudit.recommend.sid import sid_of, unique_sids
from iamaudit.recommend.sources import WITH_VARIABLES, WITHOUT_VARIABLES, Source
from iamaudit.recommend.wildcards import shortened

_ORIGINS: Final = ("used", "untold", "granted", "protected", "fresh", "unknown")


@dataclass(frozen=True, slots=True)
class Versioned:
    """A statement and the Version of the policy that it must stand in: variables have a meaning only in the newer."""

    statement: Statement
    version: str = WITH_VARIABLES
    is_carried: bool = False  # taken over from today as it is written, its Sid included


_Place = tuple[tuple[Condition, ...], str, tuple[str, ...], tuple[str, ...]]
"""Conditions, version, resources and not_resources of a statement."""


def statements_of(
    grains: Iterable[Grain],
    current: Iterable[CurrentPolicy],
    scope: Scope,
    catalogue: Actions,
    *,
    shorten_with: tuple[str, ...] = (),
) -> tuple[tuple[Versioned, ...], tuple[Generalised, ...]]:
    """Return the statements that allow the grains, then every Deny of *current*, and which names became patterns.

    Sids are telling and unique. Actions that take no resource and those whose resource the logs do not tell stand apart.
    With the catalogue's actions in *shorten_with*, actions are written with wildcards that name exactly them.
    """
    made: list[Generalised] = []
    naming: defaultdict[str, set[Source]] = defaultdict(set)
    together: defaultdict[tuple[str, str], list[Grain]] = defaultdict(list)
    for grain in grains:
        together[_origin(grain, catalogue), grain.action].append(grain)
        if shorten_with:
            naming[grain.action].add(grain.source)

    actions: defaultdict[tuple[str, _Place], set[str]] = defaultdict(set)
    known: dict[tuple[tuple[int, ...], ...], list[_Place]] = {}
    for (origin, action), members in together.items():
        if origin == "used":
            places, patterns = _places(members, partial(scope.of, action=action))
            made += patterns
        else:  # of many actions the same is kept of the same statements
            shape = tuple((one.source.position, *map(id, one.limits)) for one in members)
            if shape not in known:
                known[shape], _ = _places(members)
            places = known[shape]
        for place in places:
            actions[origin, place].add(action)

    found = []
    for (origin, (conditions, version, names, excluded)), named in actions.items():
        # `*` says it all, and says it alone
        listed = ("*",) if "*" in names else names
        statement = Statement(
            Effect.ALLOW,
            actions=tuple(sorted(named)),
            resources=listed,
            not_resources=excluded,
            conditions=conditions,
        )
        sid = sid_of(statement, origin)
        if shorten_with:
            plain = {action for action in named if "*" not in action and "?" not in action}
            common = set.intersection(*(naming[action] for action in named))
            shorter = shortened(plain, shorten_with, partial(_is_named_by, common))
            statement = replace(statement, actions=tuple(sorted({*shorter, *(named - plain)})))
        found.append((_ORIGINS.index(origin), sid, Versioned(replace(statement, sid=sid), version)))
    found.sort(key=lambda one: (one[0], one[1], one[2].statement.resources, repr(one[2])))
    statements = unique_sids_of([*(versioned for _, _, versioned in found), *denies_of(current)])
    return statements, added_up(made)


def _places(
    grains: Iterable[Grain], scoped: Callable[..., tuple[frozenset[str], tuple[Generalised, ...]]] | None = None
) -> tuple[list[_Place], list[Generalised]]:
    """Return where the statements of one action stand, and which patterns were made where its names are to be *scoped*."""
    by_source: defaultdict[tuple[tuple[Condition, ...], Source], list[Grain]] = defaultdict(list)
    for grain in grains:
        conditions = tuple(sorted(grain.conditions, key=lambda one: (one.operator, one.key, one.values)))
        by_source[conditions, grain.source].append(grain)
    made: list[Generalised] = []
    resources: defaultdict[tuple[tuple[Condition, ...], str, tuple[str, ...]], set[str]] = defaultdict(set)
    for (conditions, source), members in by_source.items():
        version = WITHOUT_VARIABLES if source.is_frozen else WITH_VARIABLES
        for grain in members:
            if grain.not_resources:
                resources[conditions, version, tuple(sorted(grain.not_resources))] |= set()
        if named := frozenset(one for grain in members for one in grain.resources):
            wanted = named
            if scoped is not None:
                wanted, patterns = scoped(source=source, named=named)
                made += patterns
            resources[conditions, version, ()] |= wanted
    found = [
        (conditions, version, tuple(sorted(gathered)), excluded)
        for (conditions, version, excluded), gathered in resources.items()
    ]
    return found, made


def _origin(grain: Grain, catalogue: Actions) -> str:
    """Tell apart a use on every resource of an action that could be limited: the log did not say which."""
    is_everything = grain.origin == "used" and grain.resources == ("*",)
    return "untold" if is_everything and catalogue.takes_resource(grain.action) else grain.origin


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
