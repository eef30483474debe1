"""The keep set: what was used or cannot be judged, intersected statement by statement with what is granted today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet
from iamaudit.policy.decide import Decider
from iamaudit.policy.expand import expand_not, matching
from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence
from iamaudit.recommend.glob import has_wildcard, inside
from iamaudit.recommend.sources import (
    Askers,
    Source,
    Standing,
    context_of,
    is_pattern,
    open_request,
    resources_to_keep,
    sources_of,
)

_PASS_ROLE = "iam:PassRole"  # noqa: S105 - the name of an action
_PASSED_TO = "iam:PassedToService"


@dataclass(frozen=True, slots=True)
class Grain:
    """One action that one statement of today must go on allowing, on these resources, under these conditions."""

    source: Source
    action: str
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    origin: str  # used | unknown | fresh


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of evidence: what is kept, and why. `use` is None for what was not seen."""

    action: str
    resource: str
    origin: str  # used | unknown | fresh
    reason: str
    use: ObservedUse | None = None


@dataclass(frozen=True, slots=True)
class NotGranted:
    """A use that no identity policy of today allows: reported, never added."""

    use: ObservedUse
    reason: str


@dataclass(frozen=True, slots=True)
class KeepSet:
    """What stays and what was left out; `unknown_*` are action names."""

    grains: tuple[Grain, ...]
    kept: tuple[Kept, ...]
    used_not_granted: tuple[NotGranted, ...]
    unknown_kept: tuple[str, ...]
    unknown_dropped: tuple[str, ...]


def keep_set(evidence: PrincipalEvidence, catalogue: Actions, *, keep_unknown: bool, level: str) -> KeepSet:
    """Return what must stay of today's grants.

    A use that one statement surely granted is kept under that statement (one without conditions, if there is such); a
    use that only may have been granted is kept under every statement that may have. *level* `action` keeps the
    statements' own resources.
    """
    sources = sources_of(evidence.current)
    gate, askers = _Gate(evidence), Askers(evidence.arn)
    grains: list[Grain] = []
    kept: list[Kept] = []
    missing: list[NotGranted] = []
    naming = _Naming(sources, catalogue)

    for use in as_evaluated(evidence.uses, catalogue):
        refusal = gate.refusal(use)
        granting = () if refusal else _granting(naming.preferred(use.action), use, askers)
        if not granting:
            missing.append(NotGranted(use, refusal or "no identity policy of today allows it"))
            continue
        kept.append(Kept(use.action, use.resource, use.origin, _why(use), use))
        for source in granting:
            statement = source.statement
            whole = (statement.resources, statement.not_resources)
            resources, not_resources = whole if level == "action" else resources_to_keep(source, use)
            conditions = statement.conditions + _passed_to(source, use)
            grains.append(Grain(source, use.action, resources, not_resources, conditions, "used"))

    fresh = sorted({catalogue.spelling(action) or action for action in evidence.fresh})
    unknown = sorted({(catalogue.spelling(one.action) or one.action, one.reason) for one in evidence.unknown})
    untouched = [(action, "fresh", "granted too recently to be judged") for action in fresh]
    if keep_unknown:
        untouched += [(action, "unknown", reason) for action, reason in unknown]
    unseen: dict[tuple[str, str, str, str], Kept] = {}
    for action, origin, reason in untouched:
        for source in naming.naming(action):
            statement = source.statement
            whole = (statement.resources, statement.not_resources)
            grains.append(Grain(source, action, *whole, statement.conditions, origin))
            resource = " ".join(statement.resources) or "not " + " ".join(statement.not_resources)
            unseen.setdefault((action, resource, origin, reason), Kept(action, resource, origin, reason))

    used = {grain.action for grain in grains}
    unknown_actions = {action for action, _ in unknown}
    return KeepSet(
        grains=_without_doubles(_without_covered(_merge_services(grains))),
        kept=(*kept, *unseen.values()),
        used_not_granted=tuple(missing),
        unknown_kept=tuple(sorted(unknown_actions & used)) if keep_unknown else (),
        unknown_dropped=() if keep_unknown else tuple(sorted(unknown_actions - used)),
    )


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
        every = catalogue.all_actions()
        self._sources = sources
        self._named = [
            expand_not(source.statement.not_actions, every)
            if source.statement.not_actions
            else matching(source.statement.actions, every)
            for source in sources
        ]
        self._spelling = catalogue.spelling
        self._preferred: dict[str, tuple[Source, ...]] = {}

    def naming(self, action: str) -> tuple[Source, ...]:
        """Return the statements that speak of *action*, in their order."""
        if self._spelling(action) == action:
            return tuple(one for one, named in zip(self._sources, self._named, strict=True) if action in named)
        return tuple(one for one in self._sources if one.names(action))

    def preferred(self, action: str) -> tuple[Source, ...]:
        """Return the same, the one first that should answer for a use."""
        found = self._preferred.get(action)
        if found is None:
            ordered = sorted(self.naming(action), key=lambda source: source.preference)
            found = self._preferred[action] = tuple(ordered)
        return found


class _Gate:
    """Whether today's policies as a whole, boundary and Denies included, surely refuse a use."""

    def __init__(self, evidence: PrincipalEvidence) -> None:
        self._arn = evidence.arn
        identity = tuple(one.policy for one in evidence.current)
        boundary = None if evidence.boundary is None else (evidence.boundary,)
        self._decider = Decider(PolicySet(identity=identity, boundary=boundary))
        everything = Policy((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),))
        # a Deny that spares some resource may spare the one that the log does not tell
        denies = tuple(
            Policy(
                tuple(s for s in policy.statements if s.effect is Effect.DENY and "*" in s.resources),
                version=policy.version,
            )
            for policy in identity
        )
        self._denies = Decider(PolicySet(identity=(everything, *denies)))

    def refusal(self, use: ObservedUse) -> str:
        """Return why *use* cannot come from an identity policy of today, or an empty text."""
        request = open_request(self._arn, use.action, use.resource, context_of(use))
        if is_pattern(use):
            # a boundary or an Allow may name the unknown resource; only a Deny of everything is sure
            if use.resource != "*":
                return ""
            denied = self._denies.decide_for_caller(request)
            return "a Deny of today refuses it" if denied.decision is Decision.EXPLICITLY_DENIED else ""
        verdict = self._decider.decide_for_caller(request)
        if verdict.decision is Decision.EXPLICITLY_DENIED:
            return "a Deny of today refuses it"
        if verdict.decision is Decision.ALLOWED or verdict.conditional_on:
            return ""
        if verdict.decided_by == "boundary":
            return "the permissions boundary of today does not allow it"
        return "no identity policy of today allows it"


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
    if use.outcome == "failed":
        words += ", authorised and then failed"
    return f"{words}; {use.rhythm}" if use.rhythm else words


def _passed_to(source: Source, use: ObservedUse) -> tuple[Condition, ...]:
    """Return the condition that limits a PassRole to the service it went to, unless the statement has its own."""
    service = next((value for key, value in use.conditions.items() if key.lower() == _PASSED_TO.lower()), None)
    has_own = any(condition.key.lower() == _PASSED_TO.lower() for condition in source.statement.conditions)
    if use.action.lower() != _PASS_ROLE.lower() or service is None or has_own or source.is_frozen:
        return ()
    return (Condition("StringEquals", _PASSED_TO, (service,)),)


def _merge_services(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Let one role passed to several services be one grain; without a condition when one service is not known."""
    services: dict[Grain, set[tuple[str, ...]]] = {}
    merged = []
    for grain in grains:
        if grain.action.lower() != _PASS_ROLE.lower():
            merged.append(grain)
            continue
        own = grain.source.statement.conditions
        added = grain.conditions[len(own) :]
        values = added[0].values if added else ()
        services.setdefault(replace(grain, conditions=own), set()).add(values)
    for grain, seen in services.items():
        if () in seen:
            merged.append(grain)
        else:
            values = tuple(sorted({value for one in seen for value in one}))
            condition = Condition("StringEquals", _PASSED_TO, values)
            merged.append(replace(grain, conditions=(*grain.conditions, condition)))
    return tuple(merged)


def _without_covered(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Drop resources that another grain of the same action allows anyway, under the same conditions or fewer."""
    listed = tuple(dict.fromkeys(grains))
    together = {grain.conditions: frozenset(grain.conditions) for grain in listed}
    covers: dict[str, set[tuple[str, frozenset[Condition]]]] = {}
    for grain in listed:
        if not grain.source.is_frozen:
            wide = {(one, together[grain.conditions]) for one in grain.resources if has_wildcard(one)}
            covers.setdefault(grain.action, set()).update(wide)
    found = []
    for grain in listed:
        mine = together[grain.conditions]
        # under the same conditions the wider pattern wins, of two equal ones the first in the alphabet
        others = [(wide, conditions < mine) for wide, conditions in covers.get(grain.action, ()) if conditions <= mine]
        if grain.source.is_frozen or others in ([], [(grain.resources[0] if grain.resources else "", False)]):
            found.append(grain)  # nothing else is there to cover it
            continue
        left = tuple(one for one in grain.resources if not _is_covered(one, others))
        if left or grain.not_resources:
            found.append(grain if left == grain.resources else replace(grain, resources=left))
    return tuple(found)


def _without_doubles(grains: Iterable[Grain]) -> tuple[Grain, ...]:
    """Let of two statements that grant the very same the one go on that `preference` puts first; what was used comes first."""
    seen: set[tuple[str, str, frozenset[Condition]]] = set()
    found = []
    for grain in sorted(grains, key=lambda one: (one.origin != "used", one.source.preference)):
        if grain.source.is_frozen or grain.not_resources:
            found.append(grain)
            continue
        conditions = frozenset(grain.conditions)
        left = tuple(one for one in grain.resources if (grain.action, one, conditions) not in seen)
        seen |= {(grain.action, one, conditions) for one in left}
        if left:
            found.append(grain if left == grain.resources else replace(grain, resources=left))
    return tuple(found)


def _is_covered(one: str, others: Iterable[tuple[str, bool]]) -> bool:
    return any(
        inside(one, wide) and (has_fewer or (wide != one and (not inside(wide, one) or wide < one)))
        for wide, has_fewer in others
    )
