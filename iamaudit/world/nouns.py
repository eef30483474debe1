"""Users, groups, roles, policies and credentials of the example organisation: the nouns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamaudit.world.ids import access_key_id, unique_id

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Password:
    """A console password; `last_used_days` is the last use that lies before the window, in days before its end."""

    changed_days: int
    last_used_days: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A long-lived access key; ages and last use in days before the window's end."""

    created_days: int
    last_used_days: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class CustomerPolicy:
    """A customer-managed policy; `older` are its versions that are no longer the default, oldest first."""

    account: str
    name: str
    document: Document
    older: tuple[Document, ...] = ()

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return f"arn:aws:iam::{self.account}:policy/{self.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """A group; `managed` are policy ARNs."""

    account: str
    name: str
    managed: tuple[str, ...] = ()
    inline: tuple[tuple[str, Document], ...] = ()

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return f"arn:aws:iam::{self.account}:group/{self.name}"


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user with its credentials."""

    account: str
    name: str
    groups: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    inline: tuple[tuple[str, Document], ...] = ()
    password: Password | None = None
    keys: tuple[Key, ...] = ()
    has_mfa: bool = False
    created_days: int = 700
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """The user's ARN."""
        return f"arn:aws:iam::{self.account}:user/{self.name}"

    @property
    def unique_id(self) -> str:
        """The user's `AIDA…` id."""
        return unique_id("AIDA", self.account, self.name)

    def key_id(self, slot: int) -> str:
        """Return the id of the key in slot 1 or 2."""
        return access_key_id(self.account, self.name, str(slot))


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `managed` are policy ARNs, `last_used_days` is the last use that lies before the window."""

    account: str
    name: str
    trust: Document
    managed: tuple[str, ...] = ()
    inline: tuple[tuple[str, Document], ...] = ()
    boundary: str = ""
    path: str = "/"
    instance_profile: str = ""
    description: str = ""
    created_days: int = 500
    last_used_days: int | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """The role's ARN, with its path."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def unique_id(self) -> str:
        """The role's `AROA…` id."""
        return unique_id("AROA", self.account, self.name)

    @property
    def is_service_linked(self) -> bool:
        """Whether AWS owns the role's policy."""
        return self.path.startswith("/aws-service-role/")
