"""Which policies a principal of the world has, and which statements could have served a need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from iamaudit.world.nouns import Role, User
from iamaudit.world.organisation import Organisation
from iamaudit.world.policies_aws import AWS_MANAGED

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A policy that a principal has: its name or ARN, how it came to it, and what it says."""

    policy: str
    document: Document
    through: str = ""  # the group, if any


def aws_policy_arn(name: str) -> str:
    """Return the ARN of an AWS-managed policy of the world."""
    return f"arn:aws:iam::aws:policy{AWS_MANAGED[name][0]}{name}"


def documents_by_arn(organisation: Organisation) -> dict[str, Document]:
    """Return the default version of every managed policy by ARN."""
    ours = {policy.arn: policy.document for policy in organisation.policies}
    return ours | {aws_policy_arn(name): document for name, (_, document) in AWS_MANAGED.items()}


def held(organisation: Organisation, principal: User | Role) -> Iterator[Held]:
    """Yield the identity policies of *principal*: inline, attached, and through its groups."""
    managed = documents_by_arn(organisation)
    yield from (Held(name, document) for name, document in principal.inline)
    yield from (Held(arn, managed[arn]) for arn in principal.managed)
    if isinstance(principal, User):
        for group in organisation.groups:
            if group.account == principal.account and group.name in principal.groups:
                yield from (Held(name, document, group.name) for name, document in group.inline)
                yield from (Held(arn, managed[arn], group.name) for arn in group.managed)


def serves(statement: Document, action: str, resource: str) -> bool:
    """Whether *statement*'s action and resource patterns match; conditions are not looked at."""
    if "NotAction" in statement:
        if any(_pattern(p.lower()).fullmatch(action.lower()) for p in _listed(statement["NotAction"])):
            return False
    elif not any(_pattern(p.lower()).fullmatch(action.lower()) for p in _listed(statement["Action"])):
        return False
    return any(_pattern(p).fullmatch(resource) for p in _listed(statement["Resource"]))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    # a variable stands for some name: good enough to find statements that were never needed
    text = re.sub(r"\$\{[^}]*\}", "*", text)
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL)
