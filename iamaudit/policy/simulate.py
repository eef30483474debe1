"""One `simulate` line in, one verdict out, both as JSON objects (the contract of the verb)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamaudit.errors import InputError
from iamaudit.model.policy import Policy, PolicyKind
from iamaudit.model.verdict import PolicySet, Request
from iamaudit.policy.decide import decide
from iamaudit.policy.kms_grants import with_grants
from iamaudit.policy.parse import object_of, parse


def simulate_line(line: Mapping[str, Any]) -> dict[str, object]:
    """Return `{"id", "decision", "decided_by", "reasons"}` for a line with `id`, `request` and `policies`.

    What the line's context does not tell is absent. Raises InputError, naming the line's id, for a line that cannot
    be understood.
    """
    identifier = _mapping(line, "line").get("id")
    try:
        request = request_of(line.get("request"))
        verdict = decide(request, policies_of(line.get("policies"), action=request.action))
    except InputError as error:
        raise InputError(f"line `{identifier}`: {error}") from error
    return {
        "id": identifier,
        "decision": verdict.decision.value,
        "decided_by": verdict.decided_by,
        "reasons": list(verdict.reasons),
    }


def request_of(body: object) -> Request:
    """Return the request of a line; `closed` is true, unknown elements are refused."""
    content = _mapping(body, "request")
    _refuse_unknown(
        content,
        {
            "principal",
            "action",
            "resource",
            "resource_account",
            "context",
            "principal_in_management_account",
            "principal_tags",
        },
        "request",
    )
    principal = content.get("principal")
    if not isinstance(principal, str | Mapping):
        raise InputError("request: `principal` is missing: give an ARN or an object with `type`")
    account = content.get("resource_account")
    return Request(
        principal=principal,
        action=_text(content, "action"),
        resource=_text(content, "resource"),
        resource_account=None if account is None else str(account),
        context=_mapping(content.get("context") or {}, "context"),
        principal_in_management_account=bool(content.get("principal_in_management_account", False)),
        principal_tags={k: str(v) for k, v in _mapping(content.get("principal_tags") or {}, "principal_tags").items()},
    )


def policies_of(body: object, *, action: str) -> PolicySet:
    """Return the policies of a line; null is a kind that does not apply, a list may stand where one document does."""
    content = _mapping({} if body is None else body, "policies")
    _refuse_unknown(
        content, {"identity", "resource", "boundary", "scp", "rcp", "session", "endpoint", "acl", "grants"}, "policies"
    )
    document: Any = content.get("resource")
    acl, grants = content.get("acl"), content.get("grants")
    resource = None if document is None else parse(document, kind=_kind_of_resource_policy(document, action))
    if grants:
        resource = with_grants(resource, [_mapping(grant, "grants") for grant in _listed(grants, "grants")])
    return PolicySet(
        identity=_parsed(content.get("identity") or [], PolicyKind.IDENTITY),
        resource=resource,
        boundary=_parsed_or_none(content.get("boundary"), PolicyKind.BOUNDARY),
        scp=_levels(content.get("scp"), PolicyKind.SCP),
        rcp=_levels(content.get("rcp"), PolicyKind.RCP),
        session=_parsed_or_none(content.get("session"), PolicyKind.SESSION),
        endpoint=_parsed_or_none(content.get("endpoint"), PolicyKind.ENDPOINT),
        acl=None if acl is None else _mapping(acl, "acl"),
    )


def _kind_of_resource_policy(document: Any, action: str) -> PolicyKind:
    """Return TRUST for the policy of a role, which has no Resource; a bucket's or key's has."""
    if not action.lower().startswith("sts:"):
        return PolicyKind.RESOURCE
    statements = object_of(document).get("Statement")
    bodies = statements if isinstance(statements, list) else [statements]
    has_resource = any(isinstance(b, Mapping) and ("Resource" in b or "NotResource" in b) for b in bodies)
    return PolicyKind.RESOURCE if has_resource else PolicyKind.TRUST


def _parsed(documents: Any, kind: PolicyKind) -> tuple[Policy, ...]:
    listed = documents if isinstance(documents, list | tuple) else [documents]
    return tuple(parse(document, kind=kind) for document in listed)


def _parsed_or_none(documents: object, kind: PolicyKind) -> tuple[Policy, ...] | None:
    return None if documents is None else _parsed(documents, kind)


def _levels(levels: object, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...] | None:
    if levels is None:
        return None
    if not isinstance(levels, list | tuple):
        raise InputError(f"policies: `{kind.value}` is no list: give the levels from the root down, each a list")
    return tuple(_parsed(level, kind) for level in levels)


def _listed(body: object, where: str) -> Sequence[Any]:
    if not isinstance(body, list | tuple):
        raise InputError(f"policies: `{where}` is no list: write it as `[…]`")
    return body


def _mapping(body: object, where: str) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise InputError(f"`{where}` is missing or no object: write it as `{{…}}`")
    return body


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(f"request: `{key}` is missing: give it as text")
    return value


def _refuse_unknown(content: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(content.keys() - known)
    if unknown:
        raise InputError(f"{where}: `{unknown[0]}` is not known: use {', '.join(sorted(known))}")
