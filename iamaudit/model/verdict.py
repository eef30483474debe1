"""A request, and what the policies say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from iamaudit.model.policy import Policy


class Decision(Enum):
    """AWS's three answers, and ours for what the request's context cannot settle."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what on which resource.

    `principal` is an ARN, or a mapping `{"type": "Anonymous"}` / `{"type": "Service", "service": host}` as in a
    `simulate` line. `context` maps condition keys (any case) to one value or a list. `closed` says that a key
    which is not in the context is absent; otherwise it is unknown.
    """

    principal: str | Mapping[str, str]
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    principal_in_management_account: bool = False
    principal_tags: Mapping[str, str] = field(default_factory=dict)
    closed: bool = True


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Every policy that bears on a request, by kind; None means the kind does not apply (domain.md §3.1)."""

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: tuple[Policy, ...] | None = None
    scp: tuple[tuple[Policy, ...], ...] | None = None
    rcp: tuple[tuple[Policy, ...], ...] | None = None
    session: tuple[Policy, ...] | None = None
    endpoint: tuple[Policy, ...] | None = None
    acl: Mapping[str, object] | None = None
    scp_places: tuple[str, ...] = ()  # what the levels of `scp` are called in reasons


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, the kind of policy that decided, and why.

    `conditional_on` names the condition keys whose values would have been needed: when it is not empty the
    decision is the one for *unknown treated as not matching an Allow and not matching a Deny*, and a caller who
    must be sure looks at it first.
    """

    decision: Decision
    decided_by: str
    reasons: tuple[str, ...]
    conditional_on: tuple[str, ...] = ()
