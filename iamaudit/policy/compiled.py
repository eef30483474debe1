"""The same decisions in bulk: what does not change from resource to resource is found out once.

Principal, action and context together fix everything but which Resource patterns fit. So for each such triple there is
a plan: the patterns that can still matter, as matchers. Which of them fit is the whole question; the first time that
combination comes up `decide` answers it, afterwards it is remembered. Nothing of the flow chart is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from iamaudit.model.arn import parse_arn
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.model.verdict import Decision, PolicySet, Request, Verdict
from iamaudit.policy.context import Context, context_of
from iamaudit.policy.decide import VIA_SERVICE, Decider
from iamaudit.policy.evidence import PADS_SHORT_ARNS, Answer, Asked, Entry, StatementIndex, answer_of, index_of
from iamaudit.policy.match import is_everything
from iamaudit.policy.matcher import Matcher, matcher
from iamaudit.policy.principals import Caller, identify
from iamaudit.policy.variables import has_variable, substitute_resource

_ASK_EACH = ("sts:", "kms:")  # what the resource is decides here, beside which patterns fit it
_VARIABLE = re.compile(r"\$\{\s*([^},]*?)\s*[},]")


class Settled(NamedTuple):
    """A verdict without its words."""

    decision: Decision
    decided_by: str
    conditional_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """The matchers that tell requests of one triple apart, and the answers to the combinations seen so far."""

    matchers: tuple[tuple[int, Matcher], ...]
    answers: dict[int, Settled] = field(default_factory=dict)


class _Seat:
    """One caller with one context: everything of a request but its action and resource."""

    __slots__ = ("caller", "context", "plans")

    def __init__(self, caller: Caller, context: Context) -> None:
        self.caller = caller
        self.context = context
        self.plans: dict[str, _Plan | None] = {}  # None: to be asked one by one


class CompiledDecider:
    """Decides many requests against the same policies; `decide` of each gives the same answer, slower."""

    def __init__(self, policies: PolicySet, *, for_caller: bool = False) -> None:
        """Compile *policies*; *for_caller* gives the answers of `Decider.decide_for_caller`."""
        decider = Decider(policies)
        self._ask = decider.decide_for_caller if for_caller else decider.decide
        self._indexes = tuple(_indexes(policies))
        self._has_boundary = bool(policies.boundary)
        self._asks_each = policies.acl is not None
        self._keys = frozenset(_keys_of(self._indexes)) | {VIA_SERVICE}
        self._seats: dict[object, _Seat] = {}

    def decide(self, requests: Iterable[Request]) -> list[Settled]:
        """Return one answer for each of *requests*, in their order."""
        asked = list(requests)  # holds the contexts, so that no id comes up twice
        near: dict[object, _Seat] = {}
        answers: list[Settled] = []
        for request in asked:
            resource = request.resource
            account = request.resource_account or _account_of(resource)
            tags, context, principal = request.principal_tags, request.context, request.principal
            key = (
                principal if principal.__class__ is str else id(principal),
                id(context) if context else 0,
                id(tags) if tags else 0,
                account,
                request.closed,
                request.principal_in_management_account,
            )
            seat = near.get(key)
            if seat is None:
                seat = near[key] = self._seat(request, account)
            try:
                plan = seat.plans[request.action]
            except KeyError:
                plan = seat.plans[request.action] = self._plan(seat, request)
            if plan is None:
                answers.append(_settled(self._ask, request))
                continue
            fitting = 0
            for bit, fits in plan.matchers:
                if fits(resource):
                    fitting |= bit
            answer = plan.answers.get(fitting)
            if answer is None:
                answer = plan.answers[fitting] = _settled(self._ask, request)
            answers.append(answer)
        return answers

    def _seat(self, request: Request, account: str | None) -> _Seat:
        """Return the seat of a request, shared by all whose contexts differ only in keys that no policy mentions."""
        caller = identify(request.principal)
        context = context_of(request, caller, account or caller.account)
        mentioned = {key: values for key, values in context.known.items() if key in self._keys}
        principal = (
            request.principal if isinstance(request.principal, str) else tuple(sorted(request.principal.items()))
        )
        key = (principal, account, request.closed, request.principal_in_management_account, *sorted(mentioned.items()))
        seat = self._seats.get(key)
        if seat is None:
            seat = self._seats[key] = _Seat(caller, context)
        return seat

    def _plan(self, seat: _Seat, request: Request) -> _Plan | None:
        """Return what tells resources apart for the request's action, or None when more than patterns does."""
        if self._asks_each or request.action.lower().startswith(_ASK_EACH):
            return None
        asked = Asked(seat.caller, request.action, request.resource, seat.context, self._has_boundary)
        sure: dict[tuple[object, ...], list[str]] = {}
        single: list[Matcher] = []
        for number, index in enumerate(self._indexes):
            pad_short = index.kind in PADS_SHORT_ARNS
            for entry in index.naming(request.action):
                answer = _apart_from_resource(entry, asked)
                if answer.matches is False or not (entry.statement.resources or entry.statement.not_resources):
                    continue
                patterns = _filled(entry, seat.context)
                if patterns is None:
                    return None
                if entry.statement.not_resources or not answer.matches:
                    single.append(matcher(patterns, pad_short=pad_short))
                else:  # of statements that hold for sure with the same effect it does not matter which one fits
                    sure.setdefault((number, entry.statement.effect, answer.grant, pad_short), []).extend(patterns)
        together = [
            matcher(tuple(dict.fromkeys(patterns)), pad_short=bool(key[-1]))
            for key, patterns in sure.items()
            if not any(map(is_everything, patterns))  # that one fits every resource
        ]
        distinct = dict.fromkeys([*together, *single])
        return _Plan(tuple((1 << place, one) for place, one in enumerate(distinct)))


def _settled(ask: Callable[[Request], Verdict], request: Request) -> Settled:
    verdict = ask(request)
    return Settled(verdict.decision, verdict.decided_by, verdict.conditional_on)


def _apart_from_resource(entry: Entry, asked: Asked) -> Answer:
    """Return what a statement says by its principal and conditions alone."""
    return answer_of(replace(entry, statement=replace(entry.statement, resources=(), not_resources=())), asked)


def _filled(entry: Entry, context: Context) -> tuple[str, ...] | None:
    """Return a statement's Resource patterns with their variables filled in, or None when that is not all known."""
    statement = entry.statement
    filled: list[str] = []
    for pattern in statement.resources or statement.not_resources:
        if not entry.knows_variables or not has_variable(pattern):
            filled.append(pattern)
            continue
        one = substitute_resource(pattern, context)
        if one.unknown or (one.text is None and statement.not_resources):
            return None
        if one.text is not None:
            filled.append(one.text)
    return tuple(filled)


def _account_of(resource: str) -> str | None:
    arn = parse_arn(resource)
    return arn.account or None if arn is not None else None


def _indexes(policies: PolicySet) -> Iterator[StatementIndex]:
    yield index_of(policies.identity, PolicyKind.IDENTITY)
    for boundary in policies.boundary or ():
        yield index_of([boundary], PolicyKind.BOUNDARY)
    levels: tuple[tuple[Sequence[Policy] | None, PolicyKind], ...] = (
        (policies.session, PolicyKind.SESSION),
        (policies.endpoint, PolicyKind.ENDPOINT),
        (None if policies.resource is None else [policies.resource], PolicyKind.RESOURCE),
        *((level, PolicyKind.SCP) for level in policies.scp or ()),
        *((level, PolicyKind.RCP) for level in policies.rcp or ()),
    )
    for level, kind in levels:
        if level is not None:
            yield index_of(level, kind)


def _keys_of(indexes: Iterable[StatementIndex]) -> Iterator[str]:
    """Yield every condition key that a policy mentions, in lower case, also inside of variables."""
    for index in indexes:
        for entry in index.entries:
            statement = entry.statement
            texts = [*statement.resources, *statement.not_resources]
            for condition in statement.conditions:
                yield condition.key.lower()
                texts += condition.values
            for text in texts:
                yield from (key.lower() for key in _VARIABLE.findall(text))
