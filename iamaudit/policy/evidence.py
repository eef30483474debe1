"""What the statements of some policies say about one request, before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from iamaudit.model.policy import Effect, Policy, PolicyKind, Statement
from iamaudit.policy.conditions import Ternary, all_of, any_of, conditions_hold, unknown_keys
from iamaudit.policy.context import Context
from iamaudit.policy.match import any_action_matches, resource_matches
from iamaudit.policy.principals import Caller, Grant, grant_of, is_exempt
from iamaudit.policy.variables import has_variable, substitute_resource

_NAMES_PRINCIPALS = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RCP, PolicyKind.ENDPOINT})
PADS_SHORT_ARNS = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as statements see it; `action` and `resource` as the caller wrote them."""

    caller: Caller
    action: str
    resource: str
    context: Context
    has_boundary: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with its place: the policy's name, or its number among its kind, and its own number."""

    kind: PolicyKind
    policy: str
    number: int
    statement: Statement
    knows_variables: bool  # only version 2012-10-17 does


@dataclass(frozen=True, slots=True)
class Answer:
    """What one statement that names the action says: it matches, it does not (and why), or nobody knows."""

    entry: Entry
    matches: Ternary
    grant: Grant = Grant.DIRECT
    missed: str = ""  # what did not fit, in words
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answers of all statements of one kind (or of one level of it) that name the action."""

    kind: PolicyKind
    answers: tuple[Answer, ...]
    others: int = 0  # Allow statements that do not name the action

    def denies(self) -> tuple[Answer, ...]:
        """Return the Deny statements that match; one of which nobody knows is no Deny yet."""
        return tuple(a for a in self.answers if a.entry.statement.effect is Effect.DENY and a.matches)

    def allows(self, *, hopeful: bool = False) -> tuple[Answer, ...]:
        """Return the Allow statements that match; when *hopeful* also those of which nobody knows."""
        return tuple(
            a
            for a in self.answers
            if a.entry.statement.effect is Effect.ALLOW and (a.matches or (hopeful and a.matches is None))
        )

    def unknown(self, effect: Effect) -> tuple[str, ...]:
        """Return the condition keys on which statements with this *effect* hang."""
        return tuple(
            key for a in self.answers if a.matches is None and a.entry.statement.effect is effect for key in a.unknown
        )


@dataclass(frozen=True, slots=True)
class StatementIndex:
    """The statements of some policies, found by action; remembers the answer for every action it was asked."""

    kind: PolicyKind
    entries: tuple[Entry, ...]
    by_service: dict[str, tuple[Entry, ...]]
    for_any_service: tuple[Entry, ...]
    allow_count: int
    seen: dict[str, tuple[Entry, ...]] = field(default_factory=dict)

    def naming(self, action: str) -> tuple[Entry, ...]:
        """Return the statements whose Action or NotAction covers *action*, in the order of the documents."""
        found = self.seen.get(action)
        if found is None:
            service = action.partition(":")[0].lower()
            candidates = self.by_service.get(service, self.for_any_service)
            found = tuple(entry for entry in candidates if covers_action(entry.statement, action))
            self.seen[action] = found
        return found

    def evidence(self, asked: Asked) -> Evidence:
        """Return what the statements say about a request."""
        naming = self.naming(asked.action)
        named = sum(entry.statement.effect is Effect.ALLOW for entry in naming)
        return Evidence(self.kind, tuple(answer_of(entry, asked) for entry in naming), self.allow_count - named)


def index_of(policies: Iterable[Policy], kind: PolicyKind) -> StatementIndex:
    """Return the statements of *policies*, sorted by the service their actions name."""
    entries = [
        Entry(kind, policy.name or str(position), number, statement, policy.version == "2012-10-17")
        for position, policy in enumerate(policies, 1)
        for number, statement in enumerate(policy.statements, 1)
    ]
    services = [_services(entry.statement) for entry in entries]
    named = {service for of_one in services if of_one is not None for service in of_one}
    by_service = {
        service: tuple(e for e, of_one in zip(entries, services, strict=True) if of_one is None or service in of_one)
        for service in named
    }
    for_any = tuple(e for e, of_one in zip(entries, services, strict=True) if of_one is None)
    allow_count = sum(entry.statement.effect is Effect.ALLOW for entry in entries)
    return StatementIndex(kind, tuple(entries), by_service, for_any, allow_count)


def covers_action(statement: Statement, action: str) -> bool:
    """Return whether a statement's Action or NotAction covers *action*; NotAction spans all services."""
    if statement.not_actions:
        return not any_action_matches(statement.not_actions, action)
    return any_action_matches(statement.actions, action)


def answer_of(entry: Entry, asked: Asked) -> Answer:
    """Return what a statement that names the action says: principal, then resource, then conditions."""
    statement = entry.statement
    grant = _grant(entry, asked)
    if grant is Grant.NONE:
        return Answer(entry, matches=False, grant=grant, missed="does not name the principal")
    resource, keys = _covers_resource(entry, asked)
    if resource is False:
        return Answer(entry, matches=False, grant=grant, missed=f"does not name the resource `{asked.resource}`")
    if not statement.conditions:
        return Answer(entry, resource, grant, unknown=keys)
    holds, blamed = conditions_hold(statement.conditions, asked.context, variables=entry.knows_variables)
    if holds is False:
        words = " and ".join(f"`{condition.operator}` on `{condition.key}`" for condition in blamed)
        return Answer(entry, matches=False, grant=grant, missed=f"has a condition that does not hold: {words}")
    if holds is None:
        keys += tuple(key for condition in blamed for key in unknown_keys(condition, asked.context))
    return Answer(entry, all_of((resource, holds)), grant, unknown=keys)


def _services(statement: Statement) -> frozenset[str] | None:
    """Return the services that a statement can name, or None for all of them."""
    services = {pattern.partition(":")[0].lower() for pattern in statement.actions}
    if statement.not_actions or any("*" in service or "?" in service for service in services):
        return None
    return frozenset(services)


def _grant(entry: Entry, asked: Asked) -> Grant:
    if entry.kind not in _NAMES_PRINCIPALS:
        return Grant.DIRECT
    statement = entry.statement
    if statement.not_principals:
        if statement.effect is Effect.ALLOW:
            is_listed = grant_of(statement.not_principals, asked.caller) is not Grant.NONE
        else:  # a principal with a boundary is hit whatever the list says (domain.md §3.2)
            is_listed = is_exempt(statement.not_principals, asked.caller) and not asked.has_boundary
        return Grant.NONE if is_listed else Grant.DIRECT
    if not statement.principals and entry.kind is PolicyKind.ENDPOINT:
        return Grant.DIRECT
    return grant_of(statement.principals, asked.caller)


def _covers_resource(entry: Entry, asked: Asked) -> tuple[Ternary, tuple[str, ...]]:
    statement = entry.statement
    patterns = statement.resources or statement.not_resources
    if not patterns:
        return True, ()  # trust policies have no Resource: they speak of their own role
    pad_short = entry.kind in PADS_SHORT_ARNS
    answers: list[Ternary] = []
    keys: list[str] = []
    for pattern in patterns:
        text: str | None = pattern
        if entry.knows_variables and has_variable(pattern):
            filled = substitute_resource(pattern, asked.context)
            text = filled.text
            keys += filled.unknown
            if filled.unknown:
                answers.append(None)
                continue
        is_match = text is not None and resource_matches(text, asked.resource, pad_short=pad_short)
        if statement.not_resources and text is None:
            return False, ()  # a variable without a value: the statement matches nothing (domain.md §3.3)
        if is_match:
            return not statement.not_resources, ()
        answers.append(False)
    covered = any_of(answers)
    if statement.not_resources and covered is not None:
        covered = not covered
    return covered, tuple(keys) if covered is None else ()
