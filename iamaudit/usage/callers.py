"""Who calls, as columns: each distinct identity is made a record's identity again, and worked out once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from iamaudit.model.usage import Actor, Principal, PrincipalKind
from iamaudit.usage.actor import actor_of
from iamaudit.usage.attribute import attribute
from iamaudit.usage.call import Call, call_of
from iamaudit.usage.traces import Traces

CALLER_COLUMNS = (
    "identity_type",
    "identity_arn",
    "principal_id",
    "identity_account_id",
    "user_name",
    "issuer_arn",
    "issuer_type",
    "issuer_id",
    "invoked_by",
    "on_behalf_of",
    "source_identity",
    "in_scope_of",
    "issued_by",  # of no record: the service that the session was given to, as the AssumeRole call says
)
CALLERS_SCHEMA = pa.schema([(name, pa.string()) for name in ("caller", "principal", "actor_kind", "actor")])
_CONSOLE = "signin.amazonaws.com"  # in old records: the person's own call (domain.md §1.2)
_OURS = frozenset(
    {
        PrincipalKind.USER,
        PrincipalKind.ROLE,
        PrincipalKind.SERVICE_LINKED_ROLE,
        PrincipalKind.ROOT,
        PrincipalKind.FEDERATED,
        PrincipalKind.EXTERNAL,
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """One distinct identity: as a record has it, as a call has it, and who it was found to be."""

    identity: Mapping[str, Any]
    of_call: Call  # what a call takes from the identity
    via: str | None  # the service that called with the identity
    actor: Actor
    found: Traces[Principal] = field(default_factory=Traces)


def caller_of(columns: Mapping[str, str | None]) -> Caller:
    """Return the caller that the columns of `CALLER_COLUMNS` stand for."""
    issuer = present(type=columns["issuer_type"], arn=columns["issuer_arn"], principalId=columns["issuer_id"])
    context = present(sessionIssuer=issuer or None, sourceIdentity=columns["source_identity"])
    identity = present(
        type=columns["identity_type"],
        arn=columns["identity_arn"],
        principalId=columns["principal_id"],
        accountId=columns["identity_account_id"],
        userName=columns["user_name"],
        invokedBy=columns["invoked_by"],
        onBehalfOf=_parsed(columns["on_behalf_of"]),
        inScopeOf=_parsed(columns["in_scope_of"]),
        sessionContext=context or None,
    )
    actor = actor_of(identity, columns["issued_by"] or "")
    via = None if columns["invoked_by"] == _CONSOLE else columns["invoked_by"]
    return Caller(identity, call_of({"userIdentity": identity}), via, actor)


def callers_table(texts: Iterable[str]) -> pa.Table:
    """Return one row of `CALLERS_SCHEMA` for each distinct text of `usage_session_callers.caller`.

    The principal is null where no policy of a principal of IAM allowed the call: of a service, of an identity provider.
    """
    rows = []
    for text in sorted(set(texts)):
        columns = json.loads(text)
        caller = caller_of(columns)
        who = attribute({"userIdentity": caller.identity, "awsRegion": columns["aws_region"]})
        principal = who.arn or who.id if who.kind in _OURS else None
        kind = caller.actor.kind
        rows.append((text, principal, kind.value if kind else None, caller.actor.name))
    return pa.Table.from_pylist([dict(zip(CALLERS_SCHEMA.names, row, strict=True)) for row in rows], CALLERS_SCHEMA)


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are there."""
    return {name: value for name, value in fields.items() if value is not None}


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
