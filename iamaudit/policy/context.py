"""The condition keys of a request: what is known, what is absent and what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iamaudit.model.verdict import Request
from iamaudit.policy.principals import Caller, CallerKind

_PRINCIPAL_TYPES = {
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ROOT: "Account",
    CallerKind.ANONYMOUS: "Anonymous",
}
_ABSENT: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Condition keys in lower case with their values; an empty tuple is a key known to be absent."""

    known: Mapping[str, tuple[str, ...]]
    closed: bool

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of *key* (any case), empty when it is absent, or None when nobody knows."""
        return self.known.get(key.lower(), _ABSENT if self.closed else None)


def context_of(request: Request, caller: Caller, resource_account: str | None) -> Context:
    """Return the request's context with the keys that the principal itself tells; the request's own values win.

    A key with an empty list is known to be absent, also in an open request (domain.md §3.3, §3.4).
    """
    known = _keys_of_caller(caller, closed=request.closed)
    if resource_account:
        known["aws:resourceaccount"] = (resource_account,)
    for tag, value in request.principal_tags.items():
        known[f"aws:principaltag/{tag.lower()}"] = (value,)
    for key, values in request.context.items():
        known[key.lower()] = _as_values(values)
    return Context(known, request.closed)


def _keys_of_caller(caller: Caller, *, closed: bool) -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {
        "aws:principalisawsservice": ("true" if caller.kind is CallerKind.SERVICE else "false",),
        "aws:username": (caller.name,) if caller.kind is CallerKind.USER else _ABSENT,
        "aws:principalaccount": (caller.account,) if caller.account else _ABSENT,
    }
    if caller.kind in _PRINCIPAL_TYPES:
        known["aws:principaltype"] = (_PRINCIPAL_TYPES[caller.kind],)
    if caller.kind is CallerKind.SERVICE:
        known["aws:principalservicename"] = (caller.name,)
        known["aws:principalservicenameslist"] = (caller.name,)
    if caller.kind is CallerKind.ROOT and caller.account:
        known["aws:userid"] = (caller.account,)
    if caller.kind is CallerKind.ANONYMOUS:
        known["aws:userid"] = ("anonymous",)
    arn = caller.role_arn or caller.arn
    if arn is None:
        known["aws:principalarn"] = _ABSENT
    elif closed or caller.kind is not CallerKind.SESSION:  # a session's ARN does not tell the role's path
        known["aws:principalarn"] = (arn,)
    return known


def _as_values(values: object) -> tuple[str, ...]:
    if values is None:
        return _ABSENT
    if isinstance(values, list | tuple):
        return tuple(_as_text(value) for value in values)
    return (_as_text(values),)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
