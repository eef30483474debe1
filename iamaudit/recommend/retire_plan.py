"""What a plan for idle credentials is made of and consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from iamaudit.model.change import Change


@dataclass(frozen=True, slots=True)
class Holding:
    """What a user or role has today, so that all of it can be taken away and, before that, be noted.

    `inline` maps names to documents as AWS gave them (None where it was not read), `attached` are ARNs, `groups` and
    `profiles` names, `keys` maps the slots of the credential report (`access_key_1`) to the ids of the keys there are, None
    where the id was not read. `again` is what else its maker would need: path, trust policy, boundary, tags.
    """

    arn: str
    account_id: str
    kind: str  # user | role
    name: str
    inline: Mapping[str, str | None]
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    keys: Mapping[str, str | None] = field(default_factory=dict)
    has_password: bool = False
    is_service_linked: bool = False
    permission_set: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Idle:
    """A finding that something is idle: `check` is its name, `detail` which credential of the holder."""

    check: str  # idle_user | idle_role | idle_access_key | idle_password
    arn: str
    account_id: str
    title: str
    finding_id: str
    detail: str = ""
    last_used: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is due on one day; `changes` as a plan has them, `commands` of the AWS CLI for all of it, in order."""

    due: date
    what: str  # notify | disable | delete
    changes: tuple[Change, ...]
    commands: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """One idle thing with its three days."""

    idle: Idle
    holding: Holding
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not retired, and why not."""

    arn: str
    account_id: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class RetirePlan:
    """The dated plan of one night: the same input gives the same plan."""

    as_of: date
    retirements: tuple[Retirement, ...]
    left_out: tuple[LeftOut, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the content of `retire.json`."""
        return {
            "as_of": self.as_of.isoformat(),
            "retirements": [_retirement(entry) for entry in self.retirements],
            "left_out": [
                {"account_id": entry.account_id, "arn": entry.arn, "what": entry.what, "why": entry.why}
                for entry in self.left_out
            ],
        }


def _retirement(entry: Retirement) -> dict[str, Any]:
    holding = entry.holding
    return {
        "finding_id": entry.idle.finding_id,
        "check": entry.idle.check,
        "account_id": entry.idle.account_id,
        "arn": entry.idle.arn,
        "detail": entry.idle.detail,
        "title": entry.idle.title,
        "last_used": entry.idle.last_used,
        "steps": [
            {
                "due": step.due.isoformat(),
                "what": step.what,
                "note": step.note,
                "changes": [change.as_json() for change in step.changes],
                "commands": list(step.commands),
            }
            for step in entry.steps
        ],
        "holding": {
            "inline": dict(holding.inline),
            "attached": list(holding.attached),
            "groups": list(holding.groups),
            "instance_profiles": list(holding.profiles),
            **holding.again,
        },
    }
