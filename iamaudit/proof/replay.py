"""Every observed use asked again: of today's policies, and of the proposed ones.

The rule: a use that today's policies allow must be allowed by the proposal. A use whose answer hangs on condition
keys that the logs do not tell must hang on the same conditions in the proposal, no more. A use on an open resource
(`*` of an action that takes one, `instance/*`) cannot be asked itself: every resource pattern of today's statements
that it can meet is asked as a made-up name instead, and counted separately. Where a policy has conditions on keys that the
logs tell of a use's calls (Region, endpoint, MFA), it is asked with each value that they had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request, Verdict
from iamaudit.policy.compiled import CompiledDecider, Settled
from iamaudit.policy.decide import Decider
from iamaudit.policy.evidence import covers_action
from iamaudit.proof.contexts import contexts_of, only
from iamaudit.proof.questions import name_in_both, name_outside
from iamaudit.recommend.evidence import Actions, ObservedUse, PrincipalEvidence
from iamaudit.recommend.keep import as_evaluated
from iamaudit.recommend.propose import Proposal
from iamaudit.recommend.sources import context_of, is_pattern, open_request


class Answer(Enum):
    """What a set of policies says about a use; CONDITIONAL hangs on keys that the logs do not tell."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Failure:
    """A use of today that the proposal would deny."""

    use: ObservedUse
    resource: str  # what was asked; differs from the use's when that was open
    today: str
    proposed: str
    reasons: tuple[str, ...]
    calls: int = 0  # the events behind the use, however many uses of it the logs tell apart


@dataclass(frozen=True, slots=True)
class Replay:
    """The numbers: uses = replayed + not_allowed_today, replayed = allowed + denied.

    `conditional` (part of allowed) counts uses that hang on the same unknown conditions in both; `by_pattern` (part of
    replayed) uses on an open resource; `calls` adds up the events behind the replayed uses, `denied_calls` (part of
    calls) those behind the denied ones.
    """

    replayed: int
    allowed: int
    denied: int
    conditional: int
    by_pattern: int
    not_allowed_today: int
    calls: int
    failures: tuple[Failure, ...] = ()
    denied_calls: int = 0


def replay(evidence: PrincipalEvidence, proposal: Proposal, catalogue: Actions) -> Replay:
    """Return how the proposal answers every observed use, against today's identity policies and boundary.

    Uses that today's policies refuse come from elsewhere (a resource policy, a policy since removed): counted as
    `not_allowed_today`, never a failure. Nothing that the proposal says of itself is believed.
    """
    today = _Side(evidence, [one.policy for one in evidence.current])
    proposed = _Side(evidence, proposal.policies, proposal.boundary)
    failures: list[Failure] = []
    conditional = by_pattern = missing = calls = denied = denied_calls = allowed = 0

    keys = today.keys | proposed.keys
    observed = (only(use, keys) for use in as_evaluated(evidence.uses, catalogue))
    uses = [(use, count, contexts_of(use), _questions(use, today)) for use, count in _distinct(observed)]
    asked = [
        request
        for _, _, contexts, resources in uses
        for context in contexts
        for request in _requests(evidence.arn, context, resources)
    ]
    answers = zip(today.settle(asked), proposed.settle(asked), strict=True)
    for use, count, contexts, resources in uses:
        results = [
            _compare(today, proposed, context, resource, *next(answers))
            for context in contexts
            for resource in resources
        ]
        relevant = [result for result in results if result.today is not Answer.DENIED]
        if not relevant:
            missing += 1
            continue
        calls += count
        # an action that takes no resource has nothing to tell
        by_pattern += is_pattern(use) and (use.resource != "*" or _may_take_resource(use.action, catalogue))
        failed = [result for result in relevant if not result.holds]
        if failed:
            denied += 1
            denied_calls += count
            failures += [_failure(proposed, one, count) for one in failed]
            continue
        allowed += 1
        conditional += all(result.today is Answer.CONDITIONAL for result in relevant)
    return Replay(
        allowed + denied, allowed, denied, conditional, by_pattern, missing, calls, tuple(failures), denied_calls
    )


def _failure(proposed: _Side, one: _Result, calls: int) -> Failure:
    reasons = proposed.ask(one.use, one.resource).reasons
    return Failure(one.use, one.resource, one.today.value, one.proposed.value, reasons, calls)


def _may_take_resource(action: str, catalogue: Actions) -> bool:
    return catalogue.spelling(action) is None or catalogue.takes_resource(action)


def _distinct(uses: Iterable[ObservedUse]) -> list[tuple[ObservedUse, int]]:
    """Return each question once, with the calls behind it."""
    found: dict[tuple[object, ...], tuple[ObservedUse, int]] = {}
    for use in uses:
        key = (use.action, use.resource, is_pattern(use), use.via, tuple(sorted(use.conditions.items())), use.told)
        first, count = found.get(key, (use, 0))
        found[key] = (first, count + use.count)
    return list(found.values())


def _questions(use: ObservedUse, today: _Side) -> list[str]:
    """Return the resources to ask for: the use's own, or made-up names where it is open."""
    if not is_pattern(use):
        return [use.resource]
    if use.resource == "*" and _answer(today.ask(use, "*")) is Answer.ALLOWED:
        return ["*"]  # only a pattern that fits everything allows `*`
    names: list[str | None] = ["*"] if use.resource == "*" else []
    for statement in today.allows_naming(use.action):
        names += [name_in_both(use.resource, pattern, today.principal) for pattern in statement.resources]
        if statement.not_resources:
            names.append(name_outside(use.resource, statement.not_resources))
    for statement in today.denies_naming(use.action):  # what a Deny spares is what may still be allowed
        names += [name_in_both(use.resource, pattern, today.principal) for pattern in statement.not_resources]
    return list(dict.fromkeys(name for name in names if name is not None)) or [use.resource]


@dataclass(frozen=True, slots=True)
class _Result:
    use: ObservedUse  # in one of its contexts
    resource: str
    today: Answer
    proposed: Answer
    holds: bool


class _Side:
    """One set of identity policies under the principal's boundary."""

    def __init__(self, evidence: PrincipalEvidence, policies: Sequence[Policy], boundary: Policy | None = None) -> None:
        self.principal = evidence.arn
        around = boundary or evidence.boundary
        self.boundary = None if around is None else (around,)
        self.policies = tuple(policies)
        whole = PolicySet(identity=self.policies, boundary=self.boundary)
        self._decider, self._compiled = Decider(whole), CompiledDecider(whole, for_caller=True)
        self._alone: list[tuple[Statement, Decider]] = []
        for policy in self.policies:
            for statement in policy.statements:
                if statement.effect is Effect.ALLOW:
                    single = Policy((statement,), version=policy.version)
                    self._alone.append((statement, Decider(PolicySet(identity=(single,)))))

    def ask(self, use: ObservedUse, resource: str) -> Verdict:
        request = open_request(self.principal, use.action, resource, context_of(use))
        return self._decider.decide_for_caller(request)

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys that the policies speak of, in lower case."""
        statements = (one for policy in (*self.policies, *(self.boundary or ())) for one in policy.statements)
        return frozenset(condition.key.lower() for one in statements for condition in one.conditions)

    def settle(self, requests: Iterable[Request]) -> list[Settled]:
        """Return the answers to many questions at once, without their words."""
        return self._compiled.decide(requests)

    def allows_naming(self, action: str) -> list[Statement]:
        """Return the Allow statements that speak of *action*."""
        return [statement for statement, _ in self._alone if covers_action(statement, action)]

    def denies_naming(self, action: str) -> list[Statement]:
        """Return the Deny statements that speak of *action*."""
        statements = (statement for policy in self.policies for statement in policy.statements)
        return [one for one in statements if one.effect is Effect.DENY and covers_action(one, action)]

    def granting_conditions(self, use: ObservedUse, resource: str) -> set[frozenset[Condition]]:
        """Return, for every statement that allows or may allow the question, the conditions still open."""
        context = context_of(use)
        request = open_request(self.principal, use.action, resource, context)
        found: set[frozenset[Condition]] = set()
        for statement, decider in self._alone:
            if covers_action(statement, use.action):
                verdict = decider.decide_for_caller(request)
                if verdict.decision is Decision.ALLOWED:
                    found.add(frozenset())
                elif verdict.conditional_on:
                    found.add(_open_part(statement.conditions, context))
        return found


def _requests(principal: str, use: ObservedUse, resources: Iterable[str]) -> Iterable[Request]:
    context = context_of(use)
    return (open_request(principal, use.action, resource, context) for resource in resources)


def _answer(verdict: Verdict | Settled) -> Answer:
    if verdict.decision is Decision.ALLOWED:
        return Answer.ALLOWED
    return Answer.CONDITIONAL if verdict.conditional_on else Answer.DENIED


def _compare(
    today: _Side, proposed: _Side, use: ObservedUse, resource: str, before: Settled, after: Settled
) -> _Result:
    old, new = _answer(before), _answer(after)
    if old is Answer.CONDITIONAL:
        # whichever statement granted it, one under the same conditions (or fewer) must be left
        left = proposed.granting_conditions(use, resource)
        needed = today.granting_conditions(use, resource)
        holds = new is not Answer.DENIED and all(any(block <= old_block for block in left) for old_block in needed)
    else:
        holds = new is Answer.ALLOWED
    # a Deny that may or may not hit must be one of today's
    holds = holds and set(after.conditional_on) <= set(before.conditional_on)
    return _Result(use, resource, old, new, holds)


def _open_part(conditions: Iterable[Condition], context: Mapping[str, object]) -> frozenset[Condition]:
    """Leave out the conditions that the use itself answers: they were met, or the verdict would be a plain no."""
    known = {key.lower() for key in context}
    return frozenset(condition for condition in conditions if condition.key.lower() not in known)
