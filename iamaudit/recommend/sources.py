"""The Allow statements of today, one by one: which of them may have granted a use, and what of it must stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.model.verdict import Decision, PolicySet, Request, Verdict
from iamaudit.policy.decide import Decider
from iamaudit.policy.evidence import covers_action
from iamaudit.policy.inclusion import glob_tokens, includes, text_in_both
from iamaudit.policy.match import resource_matches
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse
from iamaudit.recommend.glob import has_variable, has_wildcard, inside, literal, overlaps

WITH_VARIABLES = "2012-10-17"
WITHOUT_VARIABLES = "2008-10-17"
NOREPO = "NOREPO"  # the beginning of a Sid that says "hands off", as other tools know it


class Standing(IntEnum):
    """How surely a statement granted a use."""

    NO = 0
    MAYBE = 1  # its conditions, or the resource, cannot be settled from the logs
    YES = 2


@dataclass(frozen=True, slots=True)
class Source:
    """One Allow statement of today and the grammar its policy is read with; its position tells it from the others."""

    statement: Statement = field(compare=False)
    version: str = field(compare=False)
    policy: CurrentPolicy = field(compare=False)
    position: int
    whole: str = field(default="", compare=False)  # protected | fresh: it stays as it is written
    why: str = field(default="", compare=False)  # with `whole`

    @property
    def is_frozen(self) -> bool:
        """Whether its text would mean something else in a 2012-10-17 policy, so that it must stay as it is."""
        if self.version != WITHOUT_VARIABLES:
            return False
        texts = [*self.statement.resources, *self.statement.not_resources]
        texts += [value for condition in self.statement.conditions for value in condition.values]
        return any("${" in text for text in texts)

    @property
    def preference(self) -> tuple[bool, int, bool, int, int]:
        """Sort key: what stays anyhow, few conditions, no variables, the policy that is easiest to keep, as written."""
        statement = self.statement
        variables = any(has_variable(pattern) for pattern in (*statement.resources, *statement.not_resources))
        return (not self.whole, len(statement.conditions), variables, _ease(self.policy), self.position)

    def names(self, action: str) -> bool:
        """Whether the statement speaks of *action*."""
        return covers_action(self.statement, action)

    def names_all(self, pattern: str) -> bool:
        """Whether the statement names everything that an action pattern ever may."""
        lowered = pattern.lower()
        if self.statement.actions:
            return any(includes(named.lower(), lowered) for named in self.statement.actions)
        spared = (glob_tokens(one.lower()) for one in self.statement.not_actions)
        return not any(text_in_both(glob_tokens(lowered), one) for one in spared)


def sources_of(current: Iterable[CurrentPolicy]) -> tuple[Source, ...]:
    """Return today's Allow statements in an order that does not depend on the order of the policies."""
    ordered = sorted(current, key=lambda one: (one.through, one.kind, one.name, one.policy_id, one.document))
    found = [
        (statement, one.policy.version or WITHOUT_VARIABLES, one)
        for one in ordered
        for statement in one.policy.statements
        if statement.effect is Effect.ALLOW
    ]
    return tuple(Source(*parts, position, *_whole(parts[0], parts[2])) for position, parts in enumerate(found))


def _whole(statement: Statement, policy: CurrentPolicy) -> tuple[str, str]:
    """Return why a statement stays as it is written: `protected` or `fresh` and the words, or two empty texts."""
    if policy.protected:
        return "protected", policy.protected
    if (statement.sid or "").startswith(NOREPO):
        return "protected", f"its Sid `{statement.sid}` begins with {NOREPO}"
    if policy.fresh and not (policy.settled is not None and _says(policy.settled, statement)):
        return "fresh", policy.fresh
    return "", ""


def _says(policy: Policy, statement: Statement) -> bool:
    """Whether *policy* holds the statement, whatever its Sid."""
    bare = replace(statement, sid=None)
    return any(replace(one, sid=None) == bare for one in policy.statements)


def _ease(policy: CurrentPolicy) -> int:
    """Return how little it takes to go on granting by *policy*: its own is shrunk, others' must be replaced or left."""
    own = 2 if policy.kind == "aws" else 1 if policy.others else 0
    return own + 3 if ":group/" in policy.through else own


def context_of(use: ObservedUse) -> dict[str, str | list[str]]:
    """Return the condition keys that *use* tells; every other key is unknown."""
    context: dict[str, str | list[str]] = dict(use.conditions)
    if use.via is not None:
        context.setdefault("aws:ViaAWSService", "true")
    return context


def is_pattern(use: ObservedUse) -> bool:
    """Whether the resource of *use* stands for names that the logs do not tell.

    `*` always does. Elsewhere `*` and `?` are what a template leaves open (`instance/*`, `secret:NAME-??????`), except in a
    surely known S3 key, where they are letters (domain.md §2.6).
    """
    if use.resource == "*":
        return True
    if not set("*?") & set(use.resource):
        return False
    return use.confidence == "low" or not use.resource.startswith(
        ("arn:aws:s3:", "arn:aws-cn:s3:", "arn:aws-us-gov:s3:")
    )


class Askers:
    """Decides about single statements and remembers the indexes it built."""

    def __init__(self, principal: str) -> None:
        """Ask on behalf of *principal*, an ARN."""
        self._principal = principal
        self._deciders: dict[tuple[int, bool], Decider] = {}

    def standing(self, source: Source, use: ObservedUse) -> Standing:
        """Return how surely *source*, which names the action, granted *use*."""
        if not is_pattern(use):
            return _standing_of(self._ask(source, use, resource=use.resource))
        conditions = _standing_of(self._ask(source, use, resource=None))
        return min(conditions, _reach(source.statement, use.resource))

    def _ask(self, source: Source, use: ObservedUse, *, resource: str | None) -> Verdict:
        key = (source.position, resource is None)
        decider = self._deciders.get(key)
        if decider is None:
            statement = source.statement
            if resource is None:
                statement = replace(statement, resources=("*",), not_resources=())
            decider = Decider(PolicySet(identity=(Policy((statement,), version=source.version),)))
            self._deciders[key] = decider
        return decider.decide_for_caller(open_request(self._principal, use.action, resource or "*", context_of(use)))


def open_request(principal: str, action: str, resource: str, context: Mapping[str, str | list[str]]) -> Request:
    """Return a request whose missing condition keys are unknown, not absent."""
    return Request(principal, action, resource, context=context, closed=False)


def resources_to_keep(source: Source, use: ObservedUse) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (resources, not_resources) that *source* must still allow for *use*; always inside what it allows.

    A known name is written literally, an open one (`*`, `instance/*`) as itself when the statement allows all of it and
    otherwise as those patterns of the statement that it can meet.
    """
    statement = source.statement
    whole = (statement.resources, statement.not_resources)
    if source.is_frozen:
        return whole
    wanted = use.resource if is_pattern(use) else literal(use.resource)
    if statement.not_resources:
        return ((wanted,), ()) if _is_free(wanted, statement) else whole
    for pattern in statement.resources:
        if inside(wanted, pattern):
            return (wanted,), ()
        # a short ARN, or a wildcard that runs past a colon: surely matched although `inside` cannot tell
        is_plain = "${" not in pattern and not has_wildcard(wanted)
        if is_plain and resource_matches(pattern, use.resource, pad_short=True):
            return (wanted,), ()
    met = tuple(pattern for pattern in statement.resources if overlaps(wanted, pattern))
    return (met, ()) if met else whole


def is_within(source: Source, pattern: str) -> bool:
    """Whether *source* surely allows everything that *pattern* matches."""
    statement = source.statement
    if source.is_frozen:
        return False
    if statement.not_resources:
        return _is_free(pattern, statement)
    return any(inside(pattern, granted) for granted in statement.resources)


def _is_free(pattern: str, statement: Statement) -> bool:
    """Whether a NotResource surely spares nothing of *pattern*; never said where it holds a variable without a value."""
    return not any(has_variable(excluded) or overlaps(pattern, excluded) for excluded in statement.not_resources)


def _standing_of(verdict: Verdict) -> Standing:
    if verdict.decision is Decision.ALLOWED:
        return Standing.YES
    return Standing.MAYBE if verdict.conditional_on else Standing.NO


def _reach(statement: Statement, wanted: str) -> Standing:
    """Return how much of an open resource a statement speaks of: all, some of it, nothing."""
    if statement.not_resources:
        if any(inside(wanted, pattern) for pattern in statement.not_resources):
            return Standing.NO
        is_free = not any(overlaps(wanted, pattern) for pattern in statement.not_resources)
        return Standing.YES if is_free else Standing.MAYBE
    if any(inside(wanted, pattern) for pattern in statement.resources):
        return Standing.YES
    return Standing.MAYBE if any(overlaps(wanted, pattern) for pattern in statement.resources) else Standing.NO
