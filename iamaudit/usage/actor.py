"""The person or workload inside a shared role: who made a call, where whose policies allowed it does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamaudit.knowledge.session_names import named_runtime, stable_name
from iamaudit.model.arn import parse_arn
from iamaudit.model.usage import Actor, ActorKind
from iamaudit.usage.attribute import session_of
from iamaudit.usage.call import text

NOBODY = Actor(None, None)
_SSO_ROLE = "AWSReservedSSO_"  # IAM keeps the prefix for Identity Center [K]
_SERVICE_ACCOUNT = "system:serviceaccount:"
_HIDDEN = "HIDDEN_"


def actor_of(identity: Any, issued_by: str = "") -> Actor:
    """Return who is behind the *identity* of a record (domain.md §1.2); what nobody can know is None.

    *issued_by* is the service that was given the session's credentials, where the log of the AssumeRole call is at
    hand: the record does not tell.
    """
    who: Mapping[str, Any] = identity if isinstance(identity, Mapping) else {}
    kind = text(who.get("type"))
    if kind == "AssumedRole":
        return _in_role(who, issued_by)
    if kind == "FederatedUser":
        return _sticky(who) or _named(ActorKind.SESSION, session_of(who))
    if kind == "IAMUser":
        name = text(who.get("arn")).rpartition("/")[2] or text(who.get("userName"))
        return Actor(ActorKind.USER, None if not name or name.startswith(_HIDDEN) else name)
    if kind == "Root":
        return Actor(ActorKind.ROOT, None)
    if kind == "SAMLUser":
        return Actor(ActorKind.PERSON, text(who.get("userName")) or None)
    if kind == "WebIdentityUser":
        return _web_identity(text(who.get("userName")))
    if kind == "IdentityCenterUser":
        return Actor(ActorKind.IDENTITY_CENTER, _behalf(who) or text(who.get("principalId")) or None)
    if kind == "AWSAccount":
        return _named(ActorKind.EXTERNAL, text(who.get("principalId")).partition(":")[2])
    if kind == "AWSService" or (not kind and text(who.get("invokedBy"))):
        return Actor(ActorKind.SERVICE, text(who.get("invokedBy")) or None)
    return NOBODY


def _in_role(who: Mapping[str, Any], issued_by: str) -> Actor:
    session = session_of(who)
    sticky = _sticky(who)
    if sticky is not None:
        return sticky
    if session and _role_name(who).startswith(_SSO_ROLE):
        return Actor(ActorKind.IDENTITY_CENTER, session)
    person, function = _behalf(who), _function(who)
    if person:
        return Actor(ActorKind.IDENTITY_CENTER, person)
    if function:
        return Actor(ActorKind.FUNCTION, function)
    known = named_runtime(session, issued_by)
    if known is not None:
        return Actor(ActorKind(known[0]), known[1])
    return _named(ActorKind.SESSION, session)


def _named(kind: ActorKind, session: str) -> Actor:
    return Actor(kind, stable_name(session) or None)


def _sticky(who: Mapping[str, Any]) -> Actor | None:
    """The source identity is set at the first role of a chain and cannot be changed by the next."""
    context = who.get("sessionContext")
    name = text(context.get("sourceIdentity")) if isinstance(context, Mapping) else ""
    return Actor(ActorKind.PERSON, name) if name else None


def _behalf(who: Mapping[str, Any]) -> str:
    behalf = who.get("onBehalfOf")
    return text(behalf.get("userId")) if isinstance(behalf, Mapping) else ""


def _function(who: Mapping[str, Any]) -> str:
    """The Lambda function that the credentials were issued to; its version or alias is no other function."""
    scope = who.get("inScopeOf")
    if not isinstance(scope, Mapping) or scope.get("issuerType") != "AWS::Lambda::Function":
        return ""
    arn = parse_arn(text(scope.get("credentialsIssuedTo")))
    kind, _, rest = arn.resource.partition(":") if arn is not None else ("", "", "")
    return rest.partition(":")[0] if kind == "function" else ""


def _role_name(who: Mapping[str, Any]) -> str:
    """The role's name as the session's ARN has it, else as its issuer's."""
    arn = parse_arn(text(who.get("arn")))
    parts = arn.resource.split("/") if arn is not None else []
    if len(parts) > 1 and parts[0] == "assumed-role":
        return parts[1]
    context = who.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, Mapping) else None
    return text(issuer.get("arn")).rpartition("/")[2] if isinstance(issuer, Mapping) else ""


def _web_identity(name: str) -> Actor:
    if name.startswith(_SERVICE_ACCOUNT):
        return Actor(ActorKind.POD, name.removeprefix(_SERVICE_ACCOUNT).replace(":", "/", 1))
    return _named(ActorKind.IDP, name)
