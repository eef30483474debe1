"""What a policy says: statements with an effect, actions, resources, principals and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    """Allow or Deny, as written in a statement."""

    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(Enum):
    """Where a policy is used; the grammar and the evaluation differ by kind (domain.md §3.1, §4)."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator; a block is the AND of its conditions, the values of one are ORed."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrincipalPattern:
    """One entry of a Principal element: type is `AWS`, `Service`, `Federated`, `CanonicalUser` or `*`."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; of each pair (actions, not_actions) and (resources, not_resources) at most one is filled."""

    effect: Effect
    sid: str | None = None
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[PrincipalPattern, ...] = ()
    not_principals: tuple[PrincipalPattern, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy document; `name` is for reasons only and is not part of the document."""

    statements: tuple[Statement, ...]
    version: str | None = "2012-10-17"
    id: str | None = None
    name: str = ""
