"""The keep set: what was used or cannot be judged, intersected statement by statement with what is granted today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from iamaudit.policy.expand import expand, expand_not, matching
from iamaudit.recommend.buckets import fitting
from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence
from iamaudit.recommend.gate import Gate
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.merge import merged
from iamaudit.recommend.observed import Observed
from iamaudit.recommend.offers import Offer
from iamaudit.recommend.sources import Askers, Source, Standing, resources_to_keep, sources_of
from iamaudit.recommend.ways import ways_of


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of evidence: what is kept, and why. `use` is None for what was not seen."""

    action: str
    resource: str
    origin: str  # used | periodic | protected | fresh | unknown
    reason: str
    use: ObservedUse | None = None


@dataclass(frozen=True, slots=True)
class NotGranted:
    """A use that no identity policy of today allows: reported, never added."""

    use: ObservedUse
    reason: str


@dataclass(frozen=True, slots=True)
class KeepSet:
    """What stays and what was left out; `unknown_*` and `actions` are action names, patterns expanded.

    `whole` are the statements of today that stay as they are written.
    """

    grains: tuple[Grain, ...]
    whole: tuple[Source, ...]
    actions: frozenset[str]
    kept: tuple[Kept, ...]
    used_not_granted: tuple[NotGranted, ...]
    unknown_kept: tuple[str, ...]
    unknown_dropped: tuple[str, ...]


def keep_set(
    evidence: PrincipalEvidence,
    catalogue: Actions,
    *,
    keep_unknown: bool,
    level: str,
    offers: tuple[Offer, ...] = (),
    by_way: bool = True,
) -> KeepSet:
    """Return what must stay of today's grants.

    A use that one statement surely granted is kept under that statement (one without conditions, if there is such); a
    use that only may have been granted is kept under every statement that may have. *level* `action` keeps the
    statements' own resources, `service` all that they grant of the services that were used. Statements that are protected or
    fresh stay as they are written; one with NotAction is written out, since no Allow with it is ever made. What was used on its
    own resources is limited to the services that all its calls came through, unless *by_way* says no, and by *offers*.
    """
    sources = sources_of(evidence.current)
    gate, askers, naming = Gate(evidence), Askers(evidence.arn), _Naming(sources, catalogue)
    grains: list[Grain] = []
    kept: list[Kept] = []
    missing: list[NotGranted] = []

    uses = as_evaluated(evidence.uses, catalogue)
    is_scoped = level not in {"service", "action"}
    observed = Observed(ways_of(uses, evidence.serves) if is_scoped and by_way else {}, offers)

    for use in uses:
        refusal = gate.refusal(use)
        granting = () if refusal else _granting(naming.preferred(use.action), use, askers)
        if not granting:
            reason = refusal or "no identity policy of today allows it"
            missing.append(NotGranted(use, f"{_why(use)}; {reason}" if use.is_doubtful else reason))
            continue
        kept.append(Kept(use.action, use.resource, use.origin, _why(use), use))
        grains += [_used(source, use, level, observed) for source in granting if not source.whole]
    if level == "service":
        services = {one.action.partition(":")[0].lower() for one in kept}
        grains = [grain for source in sources if not source.whole for grain in naming.of_services(source, services)]

    unseen: dict[tuple[str, str, str, str], Kept] = {}
    for source, action, origin, reason in _unseen(evidence, catalogue, naming, keep_unknown=keep_unknown):
        statement = source.statement
        resources = fitting(action, statement.resources)
        if statement.resources and not resources:
            continue  # the statement names the action and no resource of its type: it grants nothing of it
        if not source.whole:
            grains.append(Grain(source, action, resources, statement.not_resources, statement.conditions, origin))
        resource = " ".join(resources) or "not " + " ".join(statement.not_resources)
        unseen.setdefault((action, resource, origin, reason), Kept(action, resource, origin, reason))
    whole = tuple(source for source in sources if source.whole)
    for source in whole:
        if source.statement.not_actions:
            everything = (source.statement.resources, source.statement.not_resources, source.statement.conditions)
            grains += [Grain(source, action, *everything, source.whole) for action in naming.named_by(source)]

    after = expand({grain.action for grain in grains}, catalogue.all_actions()).union(*map(naming.named_by, whole))
    unknown = {naming.spelled(one.action) for one in evidence.unknown}
    return KeepSet(
        grains=merged(grains),
        whole=whole,
        actions=after,
        kept=(*kept, *unseen.values()),
        used_not_granted=tuple(missing),
        unknown_kept=tuple(sorted(unknown & after)) if keep_unknown else (),
        unknown_dropped=() if keep_unknown else tuple(sorted(unknown - after)),
    )


def _used(source: Source, use: ObservedUse, level: str, observed: Observed) -> Grain:
    statement = source.statement
    whole = (fitting(use.action, statement.resources), statement.not_resources)
    resources, not_resources = whole if level == "action" else resources_to_keep(source, use)
    conditions = statement.conditions + observed.of(source, use, resources)
    return Grain(source, use.action, resources, not_resources, conditions, "granted" if level == "action" else "used")


def _unseen(
    evidence: PrincipalEvidence, catalogue: Actions, naming: _Naming, *, keep_unknown: bool
) -> Iterator[tuple[Source, str, str, str]]:
    """Yield what is kept without having been seen: the statement, an action or pattern in it, the origin and the reason."""
    for source in naming.sources:
        if source.whole:
            listed = source.statement.actions or [f"not {' '.join(source.statement.not_actions)}"]
            yield from ((source, action, source.whole, source.why) for action in listed)
    for rule in evidence.exclusions:
        for source in naming.sources:
            yield from ((source, action, "protected", rule.words()) for action in naming.excluded(source, rule.actions))
    for action in sorted({catalogue.spelling(action) or action for action in evidence.fresh}):
        yield from ((source, action, "fresh", "granted too recently to be judged") for source in naming.naming(action))
    if keep_unknown:
        for action, reason in sorted({(naming.spelled(one.action), one.reason) for one in evidence.unknown}):
            yield from ((source, action, "unknown", reason) for source in naming.naming(action))


def as_evaluated(uses: Iterable[ObservedUse], catalogue: Actions) -> tuple[ObservedUse, ...]:
    """Return *uses* as AWS evaluates them, sorted: AWS's spelling, and `*` where the action takes no resource."""
    found = []
    for use in uses:
        spelling = catalogue.spelling(use.action)
        if spelling is None:  # not in the catalogue: nothing is known of its resources, so the log is believed
            found.append(use)
        elif catalogue.takes_resource(use.action):
            found.append(replace(use, action=spelling))
        else:
            found.append(replace(use, action=spelling, resource="*"))
    return tuple(sorted(found, key=sort_key))


def sort_key(use: ObservedUse) -> tuple[str, ...]:
    """Order uses by all they say, so that the order they came in does not matter."""
    conditions = repr(sorted(use.conditions.items()))
    parts = (use.action, use.resource, use.outcome, use.evidence, use.confidence, use.via or "", conditions)
    return (*parts, str(use.first_seen), str(use.last_seen), f"{use.count:020d}", *use.event_ids)


class _Naming:
    """Which of today's statements name an action; their patterns are expanded once, not asked action by action."""

    def __init__(self, sources: tuple[Source, ...], catalogue: Actions) -> None:
        self._every = every = catalogue.all_actions()
        self.sources = sources
        self._named = [
            expand_not(source.statement.not_actions, every)
            if source.statement.not_actions
            else matching(source.statement.actions, every)
            for source in sources
        ]
        self._spelling = catalogue.spelling
        self._known = frozenset(every)
        self._preferred: dict[str, tuple[Source, ...]] = {}

    def spelled(self, action: str) -> str:
        """Return AWS's capitalisation where there is one."""
        return action if action in self._known else self._spelling(action) or action

    def naming(self, action: str) -> tuple[Source, ...]:
        """Return the statements that speak of *action*, in their order."""
        if action in self._known:
            return tuple(one for one, named in zip(self.sources, self._named, strict=True) if action in named)
        return tuple(one for one in self.sources if one.names(action))

    def named_by(self, source: Source) -> frozenset[str]:
        """Return the catalogue's actions that a statement speaks of."""
        return self._named[source.position]

    def excluded(self, source: Source, patterns: Sequence[str]) -> list[str]:
        """Return what of *patterns* a statement grants: the pattern as its owner wrote it, or the actions of both."""
        found: set[str] = set()
        for pattern in patterns:
            is_whole = source.names_all(pattern)
            found |= {pattern} if is_whole else matching([pattern], self._every) & self.named_by(source)
        return sorted(found)

    def of_services(self, source: Source, services: Collection[str]) -> Iterator[Grain]:
        """Yield what a statement grants of *services*, in its own words where they speak of one service only."""
        statement = source.statement
        words: set[str] = set()
        for pattern in statement.actions:
            service = pattern.partition(":")[0].lower()
            if service in services:
                words.add(pattern)
            elif pattern in {"*", "*:*"}:
                words |= {f"{one}:*" for one in services}
            elif "*" in service or "?" in service:
                words |= {one for one in matching([pattern], self._every) if one.partition(":")[0] in services}
        if statement.not_actions:
            words |= {one for one in self.named_by(source) if one.partition(":")[0].lower() in services}
        for word in sorted(words):
            yield Grain(source, word, statement.resources, statement.not_resources, statement.conditions, "granted")

    def preferred(self, action: str) -> tuple[Source, ...]:
        """Return the same, the one first that should answer for a use."""
        found = self._preferred.get(action)
        if found is None:
            ordered = sorted(self.naming(action), key=lambda source: source.preference)
            found = self._preferred[action] = tuple(ordered)
        return found


def _granting(preferred: Iterable[Source], use: ObservedUse, askers: Askers) -> tuple[Source, ...]:
    """Return the first of *preferred* that surely granted *use*, or else all that may have."""
    possible = []
    for source in preferred:
        standing = askers.standing(source, use)
        if standing is Standing.YES:
            return (source,)
        if standing is Standing.MAYBE:
            possible.append(source)
    return tuple(possible)


def _why(use: ObservedUse) -> str:
    words = "implied by another call" if use.evidence == "implied" else "seen in the logs"
    if use.is_doubtful:
        words = "another call may have needed it"
    if use.outcome == "failed":
        words += ", authorised and then failed"
    return f"{words}; {use.rhythm}" if use.rhythm else words
