"""Users whose direct policies shrink to about the same: one new group instead of policies for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Policy
from iamaudit.policy.render import size, to_json
from iamaudit.recommend.movers import Mover, stands_for
from iamaudit.recommend.parts import INLINE_TOTAL, ProposedPolicy

Fits = Callable[[Mover, Sequence[Policy]], bool]

MOST_GROUPS: Final = 10  # of one user (domain.md §4)
_WHY: Final = "what its members need"
_LONGEST: Final = 128  # of a group's name (domain.md §4)
_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9+=,.@_-]")


@dataclass(frozen=True, slots=True)
class Mined:
    """A group to be made: its ARN and name, its inline policies by name, and the users who move into it."""

    arn: str
    name: str
    policies: tuple[tuple[str, Policy], ...]
    members: tuple[Mover, ...]

    @property
    def documents(self) -> tuple[Policy, ...]:
        """The policies without their names."""
        return tuple(policy for _, policy in self.policies)

    @property
    def parts(self) -> tuple[ProposedPolicy, ...]:
        """The policies as parts of a proposal; none of them is one that the group has today."""
        return tuple(
            ProposedPolicy(
                policy, name, "inline", f"{self.arn}#{name}", self.arn, (), _WHY, to_json(policy, indent=None)
            )
            for name, policy in self.policies
        )

    def changes(self) -> tuple[Change, ...]:
        """Return the steps: the group first, then its members, and only then the removal of what each has."""
        steps = [Change(ChangeKind.CREATE_GROUP, "", self.name, why=f"{len(self.members)} users need the same")]
        for name, policy in self.policies:
            text = to_json(policy, indent=None)
            steps.append(Change(ChangeKind.PUT_INLINE_POLICY, self.arn, name, text, None, _WHY))
        steps += [one.joins(self.name) for one in self.members]
        return (*steps, *(step for one in self.members for step in one.gives_up(self.name)))


def mined_groups(
    users: Sequence[Mover],
    taken: Collection[str],
    tolerance: float,
    fits: Fits,
    groups_today: Mapping[str, int] | None = None,
) -> list[Mined]:
    """Return groups of two or more users of one account; the same users in any order give the same groups.

    The user who needs most leads; who needs a part of that, and is granted at most *tolerance* times its own need by it,
    joins when *fits* proves that the leader's policies allow all its uses and nothing that it may not do today. *taken* are
    the names of groups that exist, in lower case, with their account: `<account>/<name>`. *groups_today*: in how many groups a
    user is, by ARN; who is in as many as AWS allows does not move.
    """
    has_room = [one for one in users if (groups_today or {}).get(one.arn, 0) < MOST_GROUPS]
    waiting = sorted(has_room, key=lambda one: (one.evidence.account_id, -len(one.needs), one.arn))
    names = set(taken)
    found: list[Mined] = []
    while waiting:
        leader, *others = waiting
        members = [leader]
        if sum(size(policy) for policy in leader.policies) <= INLINE_TOTAL["group"]:
            members += [one for one in others if _is_near(one, leader, tolerance) and fits(one, leader.policies)]
        if len(members) > 1:
            found.append(_group(leader, members, names))
        gone = {one.arn for one in members}
        waiting = [one for one in others if one.arn not in gone]
    return found


def _is_near(one: Mover, leader: Mover, tolerance: float) -> bool:
    is_of_account = one.evidence.account_id == leader.evidence.account_id
    return is_of_account and stands_for(leader.needs, one, tolerance)


def _group(leader: Mover, members: Sequence[Mover], names: set[str]) -> Mined:
    account = leader.evidence.account_id
    plain = _OUTSIDE.sub("_", leader.parts[0].name)[: _LONGEST - len("-users-1000")] + "-users"
    name, number = plain, 2
    while f"{account}/{name.lower()}" in names:
        name, number = f"{plain}-{number}", number + 1
    names.add(f"{account}/{name.lower()}")
    policies: dict[str, Policy] = {}
    for part in leader.parts:
        wanted, more = part.name, 2
        while wanted in policies:
            wanted, more = f"{part.name[:120]}-{more}", more + 1
        policies[wanted] = part.policy
    partition = leader.arn.split(":", 2)[1]
    arn = f"arn:{partition}:iam::{account}:group/{name}"
    return Mined(arn, name, tuple(policies.items()), tuple(sorted(members, key=lambda one: one.arn)))
