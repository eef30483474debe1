"""The policy that would allow exactly what one event used, checked by the decision before it is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iamaudit.errors import PolicySyntaxError
from iamaudit.knowledge.condition_keys import CALLED_VIA, VIA_SERVICE, calling_service
from iamaudit.model.policy import Condition, Effect, Policy, Statement
from iamaudit.model.usage import Principal, PrincipalKind, Use
from iamaudit.model.verdict import Decision, PolicySet, Request
from iamaudit.policy.decide import Decider
from iamaudit.policy.parse import parse
from iamaudit.policy.render import render
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.recommend.glob import literal
from iamaudit.recommend.sources import is_pattern

# keys with several values in one request (domain.md §3.4)
_SEVERAL = frozenset({"aws:calledvia"})
_ELSEWHERE = {
    PrincipalKind.ROOT: "the root user needs no policy",
    PrincipalKind.SERVICE: "a service is allowed by the resource's policy or a role's trust, not by an identity policy",
    PrincipalKind.SERVICE_LINKED_ROLE: "the policy of a service-linked role is AWS's own",
    PrincipalKind.IDP: "the trust policy of the role decides, no identity policy",
    PrincipalKind.IDENTITY_CENTER: "no IAM policy is involved",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """A policy document, or None, and what a reader has to know about it."""

    document: dict[str, Any] | None
    words: tuple[str, ...]


def needed_policy(uses: Iterable[Use], principal: Principal) -> Needed:
    """Return the identity policy that allows *uses* and nothing else that the logs can tell apart.

    A resource that the record does not tell stays a pattern, and the words say so. The policy has been asked for every
    use before it leaves; one that would not allow them is not shown.
    """
    uses = tuple(uses)
    if principal.kind in _ELSEWHERE:
        return Needed(None, (_ELSEWHERE[principal.kind],))
    if not uses:
        return Needed(None, ("no permission was asked for",))
    policy = Policy(tuple(_statements(uses)))
    document = render(policy)
    try:
        parsed = parse(document)
    except PolicySyntaxError as error:
        return Needed(None, (f"what the record names cannot stand in a policy: {error}",))
    decider = Decider(PolicySet(identity=(parsed,)))
    refused = [(use, resource) for use in uses for resource in use.resources if not _allows(decider, use, resource)]
    if refused:
        use, resource = refused[0]
        return Needed(None, (f"no statement was found that allows `{use.action}` on `{resource}` and no more",))
    return Needed(document, tuple(_words(uses)))


def _statements(uses: tuple[Use, ...]) -> Iterable[Statement]:
    together: defaultdict[tuple[tuple[str, ...], tuple[Condition, ...]], set[str]] = defaultdict(set)
    for use in uses:
        resources = tuple(sorted({_written(use, resource) for resource in use.resources}))
        together[resources, tuple(_conditions(use.conditions))].add(use.action)
    for (resources, conditions), actions in together.items():
        yield Statement(Effect.ALLOW, actions=tuple(sorted(actions)), resources=resources, conditions=conditions)


def _written(use: Use, resource: str) -> str:
    return resource if _is_open(use, resource) else literal(resource)


def _is_open(use: Use, resource: str) -> bool:
    return is_pattern(ObservedUse(use.action, resource, confidence=use.confidence))


def _conditions(values: Mapping[str, str]) -> Iterable[Condition]:
    for key, value in sorted(values.items()):
        if key in {CALLED_VIA, VIA_SERVICE} and calling_service(key, value) is None:
            continue  # AWS does not fill the key for that service: the condition would refuse the very call
        if key.lower() in _SEVERAL:
            yield Condition("ForAnyValue:StringEquals", key, (value,))
        elif value in {"true", "false"}:
            yield Condition("Bool", key, (value,))
        else:
            yield Condition("StringEquals", key, (literal(value),))


def _allows(decider: Decider, use: Use, resource: str) -> bool:
    asker = "arn:aws:iam::111122223333:user/asker"  # an identity policy allows whoever holds it
    context = {key: [value] if key.lower() in _SEVERAL else value for key, value in use.conditions.items()}
    verdict = decider.decide_for_caller(Request(asker, use.action, resource, context=context))
    return verdict.decision is Decision.ALLOWED and not verdict.conditional_on


def _words(uses: tuple[Use, ...]) -> Iterable[str]:
    if any(use.action == "sts:AssumeRole" for use in uses):
        yield "the role's trust policy must allow it too"
    for use in uses:
        for resource in use.resources:
            if use.confidence == "low":
                yield f"`{use.action}` on `{resource}` is not sure: see how it was found"
