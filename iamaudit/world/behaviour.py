"""Hidden behaviour: who makes which call, when, on which resources, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from iamaudit.world.accounts import HOME_REGION
from iamaudit.world.actors import Actor
from iamaudit.world.calls import Call
from iamaudit.world.nouns import CustomerPolicy, Group, Role, User
from iamaudit.world.schedule import Schedule

Picks = Mapping[str, tuple[str, ...]]
Trouble = Literal["not_found", "throttled", "dry_run", "expired", "invalid"]
Refusal = Literal["", "identity", "boundary", "deny", "scp"]


@dataclass(frozen=True, slots=True)
class Habit:
    """One line of behaviour.

    `picks` gives each placeholder of the call its possible values; `troubles` are outcomes other than success with
    their probability; `refused` says by which kind of policy AWS always refuses the call; `then` are the calls that a
    service makes afterwards with the caller's identity, with their probability.
    """

    actor: str
    call: Call
    schedule: Schedule
    picks: Picks = field(default_factory=dict)
    troubles: tuple[tuple[Trouble, float], ...] = ()
    refused: Refusal = ""
    then: tuple[tuple[Call, float], ...] = ()
    region: str = HOME_REGION


@dataclass(frozen=True, slots=True)
class Cast:
    """All that one account brings to the play."""

    policies: tuple[CustomerPolicy, ...] = ()
    groups: tuple[Group, ...] = ()
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    actors: tuple[Actor, ...] = ()
    habits: tuple[Habit, ...] = ()
