"""Policies judged by what the world knows of its principals: what breaks, what is granted beyond need, what breaks later."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from iamaudit.knowledge.actions import ActionCatalogue
from iamaudit.model.policy import Effect, Policy
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.compare import compare
from iamaudit.policy.decide import Decider
from iamaudit.policy.expand import expand, expand_not
from iamaudit.policy.render import size
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.volatile import creations
from iamaudit.world.calls import Need
from iamaudit.world.organisation import example_organisation
from iamaudit.world.play import play_day

LARGEST = 10_240  # characters that a role's inline policies may have; a managed policy 6,144 (domain.md §4)
Json = dict[str, Any]
Policies = Mapping[str, Sequence[Policy]]  # by principal


@dataclass(slots=True)
class Judgement:
    """The counts of one candidate over all principals; needs are distinct (principal, action, resource, conditions)."""

    counts: Counter[str] = field(default_factory=Counter)
    denied_later: list[tuple[str, Need, int, str]] = field(default_factory=list)  # with the calls, and why

    def ratio(self, what: str) -> float:
        """Return what is granted over what of it is needed."""
        needed = self.counts[f"{what} needed"]
        return self.counts[f"{what} granted"] / needed if needed else 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What principals needed: in the window by the logs or beside them, and in the weeks after it."""

    needed: Mapping[str, list[Json]]
    unseen: Mapping[str, list[Json]]
    later: Mapping[str, Counter[Need]]
    resources: Mapping[str, frozenset[str]]  # by action: all that anybody needed

    def whole(self, arn: str) -> list[Json]:
        """Return all that was needed in the window."""
        return [*self.needed[arn], *self.unseen[arn]]


def truth_of(told: Json, *, seed: int, days: int, end: date, scale: float, later_days: int) -> Truth:
    """Return the truth of a world, *told* in its truth.json, with the *later_days* after it, which nobody has seen."""
    needed = {one["principal"]: one["needed"] for one in told["principals"]}
    unseen = {one["principal"]: one["needed_unseen"] for one in told["principals"]}
    resources: dict[str, set[str]] = defaultdict(set)
    for one in (need for needs in (*needed.values(), *unseen.values()) for need in needs):
        resources[one["action"]].add(one["resource"])
    later: dict[str, Counter[Need]] = defaultdict(Counter)
    organisation = example_organisation()
    for n in range(later_days):
        day = end + timedelta(days=n)
        for entry in play_day(organisation, day, index=days + n, days=days, seed=seed, scale=scale):
            if entry.principal and entry.outcome in {"success", "failed"}:
                later[entry.principal].update(entry.needs)
    return Truth(needed, unseen, later, {action: frozenset(names) for action, names in resources.items()})


def judge(
    found: Iterable[PrincipalEvidence],
    made: Policies,
    truth: Truth,
    catalogue: ActionCatalogue,
    *,
    counted: frozenset[str],
) -> Judgement:
    """Ask the policies that a candidate *made* of each principal for all that the truth tells; no policies: nothing.

    What is granted beyond need is added up over the principals *counted*, the same for every candidate.
    """
    result = Judgement()
    for evidence in found:
        policies = made.get(evidence.arn, ())
        today = [one.policy for one in evidence.current]
        before, after = _decider(evidence, today), _decider(evidence, policies)
        _count_broken(result, evidence, truth, before, after)
        if evidence.arn in counted:
            _count_granted(result, evidence, policies, truth, catalogue, after)
            result.counts["characters"] += sum(size(policy) for policy in policies)
        widened = compare(today, policies, catalogue.all_actions())
        result.counts["widened"] += len(widened.widened)
        result.counts["widened principals"] += bool(widened.widened)
        result.counts["not proven"] += len(widened.not_proven)
        result.counts["too large"] += any(size(policy) > LARGEST for policy in policies)
    return result


def _decider(evidence: PrincipalEvidence, identity: Sequence[Policy]) -> Decider:
    boundary = None if evidence.boundary is None else (evidence.boundary,)
    return Decider(PolicySet(identity=tuple(identity), boundary=boundary))


def _count_broken(
    result: Judgement, evidence: PrincipalEvidence, truth: Truth, before: Decider, after: Decider
) -> None:
    arn, counts = evidence.arn, result.counts
    for name, needs in (("logged", truth.needed[arn]), ("not logged", truth.unseen[arn])):
        missing = set()
        for one in needs:
            need = Need(one["action"], one["resource"], tuple(one["conditions"].items()))
            if (holds := _holds(arn, need, before, after)) is not None:
                counts[name] += 1
                counts[f"{name} denied"] += not holds
                missing |= set() if holds else {need.action}
        counts[f"{name} actions missing"] += len(missing)
    actions = {one["action"] for one in truth.whole(arn)}
    pairs = {(one["action"], one["resource"]) for one in truth.whole(arn)}
    for need, calls in sorted(truth.later[arn].items(), key=lambda one: repr(one[0])):
        if (holds := _holds(arn, need, before, after)) is None:
            continue
        counts["later"] += 1
        counts["later calls"] += calls
        if not holds:
            why = "new action" if need.action not in actions else "new resource"
            why = "used before" if (need.action, need.resource) in pairs else why
            result.denied_later.append((arn, need, calls, why))


def _holds(arn: str, need: Need, before: Decider, after: Decider) -> bool | None:
    """Whether the new policies allow what today's do, as surely as those; None for what today's refuse."""
    request = Request(arn, need.action, need.resource, context=dict(need.conditions), closed=False)
    old, new = before.decide_for_caller(request), after.decide_for_caller(request)
    if old.decision is Decision.ALLOWED:
        return new.decision is Decision.ALLOWED
    return (new.decision is Decision.ALLOWED or bool(new.conditional_on)) if old.conditional_on else None


def _count_granted(
    result: Judgement,
    evidence: PrincipalEvidence,
    policies: Sequence[Policy],
    truth: Truth,
    catalogue: ActionCatalogue,
    after: Decider,
) -> None:
    """Count actions, and (action, resource) pairs among the resources that anybody needed.

    Names of what the call itself makes are left out unless they were needed: a pattern of dates for new snapshots opens
    no snapshot that exists. `told` are the actions of which the logs show every use.
    """
    counts = result.counts
    contexts = {(one["action"], one["resource"]): one["conditions"] for one in truth.whole(evidence.arn)}
    needed = {action for action, _ in contexts}
    unknown = {catalogue.spelling(one.action) or one.action for one in evidence.unknown}
    for action in _granted(policies, catalogue.all_actions()):
        is_known = catalogue.spelling(action) is not None
        counts["no such action"] += not is_known
        words = ["all"] if action in unknown or not is_known else ["all", "told"]
        for word in words:
            counts[f"{word} actions granted"] += 1
            counts[f"{word} actions needed"] += action in needed
        every = truth.resources.get(action, frozenset())
        own = {resource for named, resource in contexts if named == action}
        some = next((context for (named, _), context in contexts.items() if named == action), {})
        for resource in sorted((every - _made_by(action, every)) | own):
            request = Request(evidence.arn, action, resource, context=some, closed=False)
            verdict = after.decide_for_caller(request)
            if verdict.decision is Decision.ALLOWED or verdict.conditional_on:
                for word in words:
                    counts[f"{word} pairs granted"] += 1
                    counts[f"{word} pairs needed"] += (action, resource) in contexts


def _granted(policies: Iterable[Policy], known: tuple[str, ...]) -> Iterator[str]:
    allowed: set[str] = set()
    denied: set[str] = set()
    for statement in (one for policy in policies for one in policy.statements):
        named = expand_not(statement.not_actions, known) if statement.not_actions else expand(statement.actions, known)
        if statement.effect is Effect.ALLOW:
            allowed |= named
        elif not statement.conditions and "*" in statement.resources:
            denied |= named
    yield from sorted(allowed - denied)


def _made_by(action: str, resources: Iterable[str]) -> set[str]:
    nouns = [noun for _, noun in creations([action])]
    kinds = {one: re.split("[:/]", one.split(":", 5)[-1])[0].replace("-", "") for one in resources}
    return {one for one, kind in kinds.items() if kind and any(noun.endswith(kind) for noun in nouns)}
