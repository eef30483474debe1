"""What an API call looks like in a record, and which permissions AWS checks for it: the nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a call needs; the texts are templates, conditions are the keys AWS would see."""

    action: str
    resource: str = "*"
    conditions: tuple[tuple[str, str], ...] = ()
    implied: bool = False  # checked by AWS but never logged as an event of its own (iam:PassRole)


@dataclass(frozen=True, slots=True)
class Call:
    """One API call as a template: `{name}` stands for a value that a habit or the moment brings."""

    source: str  # event source without `.amazonaws.com`
    event: str
    needs: tuple[Need, ...] = ()
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    resources: tuple[tuple[str, str], ...] = ()  # (type, ARN template)
    extra: Mapping[str, Any] = field(default_factory=dict)  # more top-level fields, e.g. apiVersion
    read_only: bool = True
    data: str = ""  # the CloudTrail data resource type, or nothing for a management event
    is_global: bool = False  # recorded in us-east-1 whatever the caller's region (domain.md §1.1)
    via: str = ""  # forward access session: the service that called with the caller's identity


def need(action: str, resource: str = "*", **conditions: str) -> Need:
    """Return a need; a condition's key is written `kms__ViaService` for `kms:ViaService`."""
    return Need(action, resource, tuple((key.replace("__", ":"), value) for key, value in conditions.items()))


def passes(role_arn: str, service: str) -> Need:
    """Return the iam:PassRole that a call implies when it hands a role to *service* (domain.md §2.5)."""
    return Need("iam:PassRole", role_arn, (("iam:PassedToService", service),), implied=True)


def through(call: Call, service: str) -> Call:
    """Return *call* as made by *service* with the caller's identity; KMS also sees `kms:ViaService` (domain.md §1.2)."""
    needs = call.needs
    if call.source == "kms":
        label = service.removesuffix(".amazonaws.com")
        needs = tuple(
            replace(n, conditions=(*n.conditions, ("kms:ViaService", f"{label}.{{region}}.amazonaws.com")))
            for n in needs
        )
    else:
        needs = tuple(replace(n, conditions=(*n.conditions, ("aws:CalledVia", service))) for n in needs)
    return replace(call, via=service, needs=needs)


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return *template* with every `{name}` in its texts replaced."""
    if isinstance(template, str):
        return template.format_map(values) if "{" in template else template
    if isinstance(template, Mapping):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [fill(value, values) for value in template]
    return template
