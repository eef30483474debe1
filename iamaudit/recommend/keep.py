"""The keep set: what was used or cannot be judged, intersected statement by statement with what is granted today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iamaudit.policy.expand import expand
from iamaudit.recommend.buckets import fitting
from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence, UnknownGrant
from iamaudit.recommend.gate import Gate
from iamaudit.recommend.grain import Grain
from iamaudit.recommend.kept import Kept
from iamaudit.recommend.merge import merged_each
from iamaudit.recommend.naming import Naming
from iamaudit.recommend.observed import Observed
from iamaudit.recommend.offers import Offer
from iamaudit.recommend.sources import Askers, Source, Standing, resources_to_keep, sources_of
from iamaudit.recommend.unseen import Unseeing, Unseen
from iamaudit.recommend.ways import ways_of


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
    tells_missing: bool = True,
) -> KeepSet:
    """Return what must stay of today's grants.

    A use that one statement surely granted is kept under that statement (one without conditions, if there is such); a
    use that only may have been granted is kept under every statement that may have. *level* `action` keeps the
    statements' own resources, `service` all that they grant of the services that were used. Statements that are protected or
    fresh stay as they are written; one with NotAction is written out, since no Allow with it is ever made. What was used on its
    own resources is limited to the services that all its calls came through, unless *by_way* says no, and by *offers*.
    *tells_missing*: whether `used_not_granted` is asked for, of what no statement speaks of too.
    """
    keeper = Keeper(
        evidence, catalogue, keep_unknown=keep_unknown, level=level, offers=offers, tells_missing=tells_missing
    )
    return keeper.keep_set(by_way=by_way)


class Keeper:
    """Works out keep sets of one principal: what does not change from one try to the next is found out once."""

    def __init__(
        self,
        evidence: PrincipalEvidence,
        catalogue: Actions,
        *,
        keep_unknown: bool,
        level: str,
        offers: tuple[Offer, ...] = (),
        tells_missing: bool = True,
    ) -> None:
        """Ask what granted each use; the meanings are those of `keep_set`."""
        self._evidence = evidence
        self._catalogue = catalogue
        self._keep_unknown = keep_unknown
        self._level = level
        self._offers = offers
        self.naming = Naming(sources_of(evidence.current), catalogue)
        self._unseeing = Unseeing(evidence, catalogue, self.naming)
        self._uses = as_evaluated(evidence.uses, catalogue)
        self._kept: list[Kept] = []
        self._missing: list[NotGranted] = []
        self._granting: list[tuple[Source, ObservedUse]] = []
        gate, askers = Gate(evidence), Askers(evidence.arn)
        for use in self._uses:
            naming = self.naming.preferred(use.action)
            if not naming and not tells_missing:
                continue
            refusal = gate.refusal(use)
            granting = () if refusal else _granting(naming, use, askers)
            if not granting:
                reason = refusal or "no identity policy of today allows it"
                self._missing.append(NotGranted(use, f"{_why(use)}; {reason}" if use.is_doubtful else reason))
                continue
            self._kept.append(Kept(use.action, use.resource, use.origin, _why(use), use))
            self._granting += [(source, use) for source in granting if not source.whole]

    def at_most(self, unknown: Iterable[str]) -> frozenset[str]:
        """Return actions among which are all that a keep set with the actions *unknown* names, whatever is found to stay."""
        naming, every = self.naming, self._catalogue.all_actions()
        if self._level == "service":
            return frozenset(every)
        rules = (pattern for rule in self._evidence.exclusions for pattern in rule.actions)
        fresh = (naming.spelled(action) for action in self._evidence.fresh)
        whole = (naming.named_by(source) for source in naming.sources if source.whole)
        return expand((*rules, *fresh, *(one.action for one in self._kept)), every).union(unknown, *whole)

    def unseen(self, unknown: tuple[UnknownGrant, ...] | None = None) -> Unseen:
        """Return what stays without having been used; *unknown* are other grants than the evidence's."""
        return self._unseeing.found(
            self._evidence.unknown if unknown is None else unknown, keep_unknown=self._keep_unknown
        )

    def keep_set(self, unknown: tuple[UnknownGrant, ...] | None = None, *, by_way: bool = True) -> KeepSet:
        """Return the keep set; *unknown* are other grants than the evidence's that the logs could not have shown."""
        seen: defaultdict[str, list[Grain]] = defaultdict(list)
        for grain in self._seen(by_way=by_way):
            seen[grain.action].append(grain)
        unseen = self.unseen(unknown)
        both = merged_each({action: [*own, *unseen.by_action.get(action, ())] for action, own in seen.items()})
        grains = [grain for found in both.values() for grain in found]
        grains += [grain for action, found in unseen.alone.items() if action not in seen for grain in found]
        whole = tuple(source for source in self.naming.sources if source.whole)
        after = expand(seen, self._catalogue.all_actions()).union(unseen.actions, *map(self.naming.named_by, whole))
        return KeepSet(
            grains=tuple(grains),
            whole=whole,
            actions=after,
            kept=(*self._kept, *unseen.kept),
            used_not_granted=tuple(self._missing),
            unknown_kept=tuple(sorted(unseen.unknown & after)) if self._keep_unknown else (),
            unknown_dropped=() if self._keep_unknown else tuple(sorted(unseen.unknown - after)),
        )

    def _seen(self, *, by_way: bool) -> Iterator[Grain]:
        """Yield what uses need; at the level `service` all that is granted today of the services that were used."""
        level, naming = self._level, self.naming
        if level == "service":
            services = {one.action.partition(":")[0].lower() for one in self._kept}
            for source in naming.sources:
                if not source.whole:
                    yield from naming.of_services(source, services)
            return
        is_scoped = level != "action"
        ways = ways_of(self._uses, self._evidence.serves) if is_scoped and by_way else {}
        observed = Observed(ways, self._offers)
        yield from (_used(source, use, level, observed) for source, use in self._granting)


def _used(source: Source, use: ObservedUse, level: str, observed: Observed) -> Grain:
    statement = source.statement
    whole = (fitting(use.action, statement.resources), statement.not_resources)
    resources, not_resources = whole if level == "action" else resources_to_keep(source, use)
    conditions = statement.conditions + observed.of(source, use, resources)
    return Grain(source, use.action, resources, not_resources, conditions, "granted" if level == "action" else "used")


def as_evaluated(uses: Iterable[ObservedUse], catalogue: Actions) -> tuple[ObservedUse, ...]:
    """Return *uses* as AWS evaluates them, sorted: AWS's spelling, and `*` where the action takes no resource."""
    found = []
    for use in uses:
        spelling = catalogue.spelling(use.action)
        if spelling is None:  # not in the catalogue: nothing is known of its resources, so the log is believed
            found.append(use)
            continue
        resource = use.resource if catalogue.takes_resource(use.action) else "*"
        is_so = (use.action, use.resource) == (spelling, resource)
        found.append(use if is_so else replace(use, action=spelling, resource=resource))
    return tuple(sorted(found, key=sort_key))


def sort_key(use: ObservedUse) -> tuple[str, ...]:
    """Order uses by all they say, so that the order they came in does not matter."""
    conditions = repr(sorted(use.conditions.items()))
    parts = (use.action, use.resource, use.outcome, use.evidence, use.confidence, use.via or "", conditions)
    return (*parts, str(use.first_seen), str(use.last_seen), f"{use.count:020d}", *use.event_ids)


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
    if use.confidence == "either":
        words = "a call needed this or another action, the log does not tell which"
    elif use.is_doubtful:
        words = "another call may have needed it"
    if use.outcome == "failed":
        words += ", authorised and then failed"
    return f"{words}; {use.rhythm}" if use.rhythm else words
