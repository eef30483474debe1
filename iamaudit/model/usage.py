"""What one CloudTrail record tells: who called, how it ended, and which permissions it used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class PrincipalKind(Enum):
    """Whose policies authorised a call (domain.md §1.2)."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"
    FEDERATED = "federated"
    SERVICE = "service"
    SERVICE_LINKED_ROLE = "service_linked_role"
    EXTERNAL = "external"
    IDENTITY_CENTER = "identity_center"
    IDP = "idp"
    UNATTRIBUTED = "unattributed"


class Outcome(Enum):
    """How a call ended, as far as permissions are concerned (domain.md §1.4)."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILED = "failed"  # authorised, then failed: the permission was needed
    DRY_RUN = "dry_run"
    UNAUTHENTICATED = "unauthenticated"
    INDETERMINATE = "indeterminate"
    NOT_AUTHORISED_API = "not_authorised_api"


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity whose policies authorised a call; `session` is the role session's name, where there is one."""

    kind: PrincipalKind
    arn: str | None
    id: str | None
    account_id: str | None
    session: str | None = None


class ActorKind(Enum):
    """What is known of who is behind a call, beyond whose policies allowed it (domain.md §1.2)."""

    USER = "user"
    ROOT = "root"
    IDENTITY_CENTER = "identity_center"
    PERSON = "person"  # by a source identity, or by an identity provider of a company
    INSTANCE = "instance"
    FUNCTION = "function"
    TASK = "task"  # its id is another in each run, and not kept
    POD = "pod"
    SERVICE_SESSION = "service_session"  # a service in a role that it was given
    SERVICE = "service"  # in its own name
    IDP = "idp"
    EXTERNAL = "external"
    SESSION = "session"  # nobody can know: the name that the caller chose


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or workload behind a call; None is not known. Parts of a name that change with each run are `*`."""

    kind: ActorKind | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """One permission that a call needed: the action, and the resources AWS would have evaluated."""

    action: str
    resources: tuple[str, ...]
    evidence: str = "direct"  # direct | implied
    confidence: str = "high"  # high | low
    conditions: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""  # which row of which knowledge table said so
    is_alternative: bool = False  # one of several actions, and the call does not say which of them it needed


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """The `map` line of one record (design.md §4)."""

    event_id: str
    event_time: str
    principal: Principal
    outcome: Outcome
    uses: tuple[Use, ...]
    notes: tuple[str, ...] = ()
    actor: Actor = Actor(None, None)
