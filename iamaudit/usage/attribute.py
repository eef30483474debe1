"""Whose policies authorised a call (domain.md §1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamaudit.model.arn import parse_arn, partition_of
from iamaudit.model.usage import Principal, PrincipalKind
from iamaudit.usage.call import text

ROLE_PATH_UNKNOWN = "role path unknown"
_SSO = ":role/aws-reserved/sso.amazonaws.com/"


def attribute(record: Mapping[str, Any]) -> Principal:
    """Return the principal whose policies had to allow the call; UNATTRIBUTED rather than a guess."""
    return attribute_with_notes(record)[0]


def attribute_with_notes(record: Mapping[str, Any]) -> tuple[Principal, tuple[str, ...]]:
    """Return the principal and what a reader should know about how it was found."""
    identity = record.get("userIdentity")
    who: Mapping[str, Any] = identity if isinstance(identity, Mapping) else {}
    kind = text(who.get("type"))
    account = text(who.get("accountId")) or None
    if record.get("eventType") == "AwsCloudTrailInsight" or record.get("eventCategory") == "Insight":
        return _nobody(account, "insight: nobody's call")
    invoked_by = text(who.get("invokedBy"))
    if record.get("eventType") == "AwsServiceEvent" or (not kind and invoked_by):
        service = invoked_by or text(record.get("eventSource")) or None
        return Principal(PrincipalKind.SERVICE, None, service, account), ()
    region = text(record.get("awsRegion"))
    if kind == "IAMUser":
        return _user(who, account, region)
    if kind == "AssumedRole":
        return _role(who, account)
    if kind == "Root":
        return _root(who, account, region)
    if kind == "Role":
        arn = text(who.get("arn"))
        return Principal(_role_kind(arn), arn or None, _id(who), account), _sso_notes(arn)
    if kind == "FederatedUser":
        return _federated(who, account)
    if kind == "AWSService":
        return Principal(PrincipalKind.SERVICE, None, invoked_by or None, account), ()
    if kind == "AWSAccount":
        notes = ("anonymous caller",) if "ANONYMOUS_PRINCIPAL" in {account, _id(who)} else ()
        return Principal(PrincipalKind.EXTERNAL, text(who.get("arn")) or None, _id(who), account), notes
    if kind in {"SAMLUser", "WebIdentityUser"}:
        session = text(who.get("userName")) or None
        return Principal(PrincipalKind.IDP, None, _id(who), account, session), ("authorised by the trust policy",)
    if kind == "IdentityCenterUser":
        behalf = who.get("onBehalfOf")
        person = text(behalf.get("userId")) if isinstance(behalf, Mapping) else ""
        return Principal(PrincipalKind.IDENTITY_CENTER, None, person or _id(who), account), ()
    return _nobody(account, f"identity type `{kind}` is not attributed" if kind else "the record names no identity")


def _nobody(account: str | None, note: str) -> tuple[Principal, tuple[str, ...]]:
    return Principal(PrincipalKind.UNATTRIBUTED, None, None, account), (note,)


def _id(who: Mapping[str, Any]) -> str | None:
    return text(who.get("principalId")) or None


def _user(who: Mapping[str, Any], account: str | None, region: str) -> tuple[Principal, tuple[str, ...]]:
    arn, name = text(who.get("arn")), text(who.get("userName"))
    if not arn and account and name and not name.startswith("HIDDEN_"):
        built = f"arn:{partition_of(region)}:iam::{account}:user/{name}"
        return Principal(PrincipalKind.USER, built, _id(who), account), ("user path unknown",)
    notes = () if arn or _id(who) else ("the record does not say which user",)
    return Principal(PrincipalKind.USER, arn or None, _id(who), account), notes


def _issuer(who: Mapping[str, Any]) -> Mapping[str, Any]:
    context = who.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, Mapping) else None
    return issuer if isinstance(issuer, Mapping) else {}


def session_of(who: Mapping[str, Any]) -> str:
    """Return the name of a role's or a federated session, or an empty text."""
    named = text(who.get("principalId")).partition(":")[2]
    if named:
        return named
    arn = parse_arn(text(who.get("arn")))
    parts = arn.resource.split("/") if arn is not None else []
    return parts[-1] if len(parts) >= 3 or (len(parts) == 2 and parts[0] == "federated-user") else ""


def _role(who: Mapping[str, Any], account: str | None) -> tuple[Principal, tuple[str, ...]]:
    issuer = _issuer(who)
    role_id = text(who.get("principalId")).partition(":")[0]
    session = session_of(who)
    session_arn = parse_arn(text(who.get("arn")))
    parts = session_arn.resource.split("/") if session_arn else []
    issuer_arn = text(issuer.get("arn"))
    unique = text(issuer.get("principalId")) or role_id or None
    if issuer_arn:
        owner = text(issuer.get("accountId")) or account
        found = Principal(_role_kind(issuer_arn), issuer_arn, unique, owner, session or None)
        return found, _sso_notes(issuer_arn)
    if session_arn and len(parts) >= 2 and parts[0] == "assumed-role":
        # CloudTrail drops the path here: the inventory has to say it, the id or the name finds it
        built = f"arn:{session_arn.partition}:iam::{session_arn.account}:role/{parts[1]}"
        found = Principal(PrincipalKind.ROLE, built, unique, account or session_arn.account, session or None)
        return found, (ROLE_PATH_UNKNOWN,)
    notes = () if unique else ("the record does not say which role",)
    return Principal(PrincipalKind.ROLE, None, unique, account, session or None), notes


def _root(who: Mapping[str, Any], account: str | None, region: str) -> tuple[Principal, tuple[str, ...]]:
    context = who.get("sessionContext")
    is_assumed = isinstance(context, Mapping) and str(context.get("assumedRoot", "")).lower() == "true"
    arn = text(who.get("arn")) or (f"arn:{partition_of(region)}:iam::{account}:root" if account else "")
    notes = ("sts:AssumeRoot session, limited by its task policy",) if is_assumed else ()
    return Principal(PrincipalKind.ROOT, arn or None, account or _id(who), account), notes


def _federated(who: Mapping[str, Any], account: str | None) -> tuple[Principal, tuple[str, ...]]:
    issuer = _issuer(who)
    session = text(who.get("arn")).rpartition("/")[2] or text(who.get("principalId")).partition(":")[2]
    arn = text(issuer.get("arn")) or text(who.get("arn"))
    unique = text(issuer.get("principalId")) or _id(who)
    note = "federated session: the issuer's policies, limited by the session policy"
    return Principal(PrincipalKind.FEDERATED, arn or None, unique, account, session or None), (note,)


def _role_kind(arn: str) -> PrincipalKind:
    is_linked = ":role/aws-service-role/" in arn
    return PrincipalKind.SERVICE_LINKED_ROLE if is_linked else PrincipalKind.ROLE


def _sso_notes(arn: str) -> tuple[str, ...]:
    if _SSO not in arn:
        return ()
    name = arn.rpartition("/")[2].removeprefix("AWSReservedSSO_").rpartition("_")[0]
    of_set = f"the permission set `{name}`" if name else "its permission set"
    return (f"Identity Center role: change {of_set}, not the role",)
