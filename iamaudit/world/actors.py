"""Who acts, and how it got its credentials: a principal, a session name, an address and an agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal[
    "key",  # a user's long-lived access key
    "console",  # a user who signed in to the console
    "root",  # the account's root user in the console
    "service",  # a role that an AWS service assumed (Lambda, ECS, Step Functions, service-linked)
    "instance",  # a role behind an EC2 instance profile, IMDSv2
    "oidc",  # a role assumed with a web identity
    "saml",  # a role assumed through a SAML provider
    "sso",  # an Identity Center role
    "assumed",  # a role that another actor of the world assumed
    "external",  # a role that somebody outside the organisation assumed
]


@dataclass(frozen=True, slots=True)
class Actor:
    """One way of using a principal."""

    name: str  # unique, what a habit refers to
    how: How
    account: str
    principal: str  # a user's or role's name; `root`
    session: str = ""  # role session name; a user's key slot for `key`
    by: str = ""  # service host, or the actor that assumes the role, or the identity provider
    address: str = ""
    agent: str = ""
    has_mfa: bool = False
    external_id: str = ""
    source_identity: str = ""
