"""Who asks, and how a Principal or NotPrincipal element names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from functools import lru_cache

from iamaudit.errors import InputError
from iamaudit.model.arn import Arn, parse_arn
from iamaudit.model.policy import PrincipalPattern

_ACCOUNT_ID = re.compile(r"\d{12}")
_SERVICE_HOST = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", re.IGNORECASE)


class CallerKind(Enum):
    """The kinds of caller between which the evaluation differs (domain.md §3.2)."""

    USER = "user"
    ROLE = "role"  # a session of the role whose name does not matter
    SESSION = "session"
    FEDERATED_USER = "federated user"
    ROOT = "root"
    SERVICE = "service"
    IDENTITY_PROVIDER = "identity provider"
    ANONYMOUS = "anonymous"


class Grant(IntEnum):
    """How a Principal element names the caller, from not at all to exactly (domain.md §3.2)."""

    NONE = 0
    ACCOUNT = 1  # its account: delegates to the account's own policies
    ROLE = 2  # the role of the session, or the user behind a federated user
    DIRECT = 3  # the caller itself, or everybody


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal of a request; `name` is a role's name, a service's host or a provider's ARN."""

    kind: CallerKind
    arn: str | None = None
    account: str | None = None
    partition: str = "aws"
    name: str = ""
    issuer: str | None = None  # the IAM user behind a federated user
    canonical_id: str | None = None  # S3's name for the caller's account, when the request tells it

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a service-linked role, which neither SCPs nor RCPs reach."""
        if self.kind is CallerKind.ROLE:
            return ":role/aws-service-role/" in (self.arn or "")
        return self.kind is CallerKind.SESSION and self.name.startswith("AWSServiceRoleFor")

    @property
    def role_arn(self) -> str | None:
        """The role behind the caller; of a session without the role's path, which its ARN does not tell."""
        if self.kind is CallerKind.ROLE:
            return self.arn
        if self.kind is CallerKind.SESSION:
            return f"arn:{self.partition}:iam::{self.account}:role/{self.name}"
        return None


def identify(principal: str | Mapping[str, str]) -> Caller:
    """Return the caller that the `principal` of a request names.

    An ARN, an account id (its root user), a service's host, `{"type": "Anonymous"}`, `{"type": "Service", "service":
    host}`, `{"type": "Federated", "provider": arn}`, or `{"arn": arn}` with the `issuer` (user ARN) of a federated user
    and the `canonical_id` that S3 gives the caller's account. A federated user whose issuer is not told is taken for
    one whom the user of the same name made: its ARN says no more.
    """
    if isinstance(principal, str):
        return _from_arn(principal)
    kind = str(principal.get("type", "")).lower()
    if kind == "anonymous":
        return Caller(CallerKind.ANONYMOUS)
    if kind == "service" and principal.get("service"):
        return Caller(CallerKind.SERVICE, name=principal["service"])
    provider = principal.get("provider") or principal.get("arn")
    if kind in {"federated", "webidentity", "saml"} and provider:
        return Caller(CallerKind.IDENTITY_PROVIDER, name=provider)
    if principal.get("arn"):
        caller = _from_arn(principal["arn"], issuer=principal.get("issuer"))
        return replace(caller, canonical_id=principal["canonical_id"]) if principal.get("canonical_id") else caller
    raise InputError(
        f"the principal `{dict(principal)}` cannot be understood: give an ARN, "
        '{"type": "Anonymous"} or {"type": "Service", "service": "<host>"}'
    )


@lru_cache(maxsize=4096)
def _from_arn(text: str, *, issuer: str | None = None) -> Caller:
    if _ACCOUNT_ID.fullmatch(text):
        return Caller(CallerKind.ROOT, f"arn:aws:iam::{text}:root", text)
    if _SERVICE_HOST.fullmatch(text):
        return Caller(CallerKind.SERVICE, name=text)
    arn = parse_arn(text)
    if arn is not None and arn.account:
        if arn.resource == "root":
            return Caller(CallerKind.ROOT, text, arn.account, arn.partition)
        if arn.service == "iam" and arn.resource_type == "user":
            return Caller(CallerKind.USER, text, arn.account, arn.partition, arn.name)
        if arn.service == "iam" and arn.resource_type == "role":
            return Caller(CallerKind.ROLE, text, arn.account, arn.partition, arn.name)
        if arn.service == "sts" and arn.resource_type == "assumed-role" and arn.resource.count("/") == 2:
            return Caller(CallerKind.SESSION, text, arn.account, arn.partition, arn.resource.split("/")[1])
        if arn.service == "sts" and arn.resource_type == "federated-user":
            user = issuer or f"arn:{arn.partition}:iam::{arn.account}:user/{arn.name}"
            return Caller(CallerKind.FEDERATED_USER, text, arn.account, arn.partition, arn.name, user)
        if arn.resource_type in {"saml-provider", "oidc-provider"}:
            return Caller(CallerKind.IDENTITY_PROVIDER, partition=arn.partition, name=text)
    raise InputError(
        f"the principal `{text}` cannot be understood: give the ARN of a user, role, role session, federated user "
        "or account root, or a service's host"
    )


def grant_of(patterns: Iterable[PrincipalPattern], caller: Caller) -> Grant:
    """Return the closest way in which any of *patterns* names *caller*."""
    return max((_grant(pattern, caller) for pattern in patterns), default=Grant.NONE)


def is_exempt(patterns: Iterable[PrincipalPattern], caller: Caller) -> bool:
    """Return whether a Deny with these NotPrincipal entries spares *caller* (domain.md §3.2, NotPrincipal).

    The whole chain must be listed: the account and the user, or the account, the role and the exact session.
    """
    named = {_grant(pattern, caller) for pattern in patterns}
    match caller.kind:
        case CallerKind.USER | CallerKind.FEDERATED_USER:
            return {Grant.ACCOUNT, Grant.DIRECT} <= named
        case CallerKind.ROLE:
            return {Grant.ACCOUNT, Grant.ROLE} <= named
        case CallerKind.SESSION:
            return {Grant.ACCOUNT, Grant.ROLE, Grant.DIRECT} <= named
        case _:
            return bool(named - {Grant.NONE})


def _grant(pattern: PrincipalPattern, caller: Caller) -> Grant:
    if pattern.value == "*" and pattern.type in {"*", "AWS"}:
        return Grant.DIRECT
    if pattern.type == "Service":
        is_named = caller.kind is CallerKind.SERVICE and pattern.value.lower() in {"*", caller.name.lower()}
        return Grant.DIRECT if is_named else Grant.NONE
    if pattern.type == "Federated":
        is_named = caller.kind is CallerKind.IDENTITY_PROVIDER and pattern.value in {"*", caller.name}
        return Grant.DIRECT if is_named else Grant.NONE
    if pattern.type == "CanonicalUser":  # S3's name for an account
        return Grant.ACCOUNT if pattern.value == caller.canonical_id else Grant.NONE
    if pattern.type != "AWS" or caller.account is None:
        return Grant.NONE
    if _ACCOUNT_ID.fullmatch(pattern.value):
        return Grant.ACCOUNT if pattern.value == caller.account else Grant.NONE
    arn = parse_arn(pattern.value)
    return Grant.NONE if arn is None else _grant_of_arn(arn, caller)


def _grant_of_arn(arn: Arn, caller: Caller) -> Grant:
    if arn.account != caller.account or arn.partition != caller.partition:
        return Grant.NONE
    if arn.resource == "root":
        return Grant.ACCOUNT
    text = str(arn)
    if text == caller.arn:
        return Grant.ROLE if caller.kind is CallerKind.ROLE else Grant.DIRECT
    if text == caller.issuer:
        return Grant.ROLE
    is_role_of_caller = (
        caller.kind in {CallerKind.ROLE, CallerKind.SESSION}
        and arn.service == "iam"
        and arn.resource_type == "role"
        and arn.name == caller.name  # a session's ARN has lost the role's path, so AWS cannot compare it either
    )
    return Grant.ROLE if is_role_of_caller else Grant.NONE
