"""Users whose direct policies shrink to about the same: one group instead of policies for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.policy import Effect, Policy, Statement
from iamaudit.policy.render import to_json
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.parts import INLINE_TOTAL, ordered
from iamaudit.recommend.propose import Proposal

Fits = Callable[[PrincipalEvidence, tuple[Policy, ...]], bool]
Triple = tuple[str, str, object]

_LONGEST: Final = 128  # of a group's name (domain.md §4)
_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9+=,.@_-]")


@dataclass(frozen=True, slots=True)
class Mined:
    """A group to be made: its ARN and name, its inline policies by name, and the users who move into it."""

    arn: str
    name: str
    policies: tuple[tuple[str, Policy], ...]
    members: tuple[PrincipalEvidence, ...]

    @property
    def documents(self) -> tuple[Policy, ...]:
        """The policies without their names."""
        return tuple(policy for _, policy in self.policies)

    def changes(self) -> tuple[Change, ...]:
        """Return the steps: the group first, then its members, and only then the removal of what each has."""
        steps = [Change(ChangeKind.CREATE_GROUP, "", self.name, why=f"{len(self.members)} users need the same")]
        for name, policy in self.policies:
            text = to_json(policy, indent=None)
            steps.append(Change(ChangeKind.PUT_INLINE_POLICY, self.arn, name, text, None, "what its members need"))
        steps += [
            Change(ChangeKind.ADD_USER_TO_GROUP, one.arn, self.name, why="has it from the group")
            for one in self.members
        ]
        return (*steps, *(_removed(user, one, self.name) for user in self.members for one in ordered(user)))


def can_move(evidence: PrincipalEvidence, proposal: Proposal) -> bool:
    """Whether a user's policies are all its own, free to change, and small enough for a group's inline ones.

    Who is in a group already, has a boundary, or holds what is protected, fresh or shared and agreed upon stays as it is.
    """
    if evidence.kind != "user" or evidence.boundary is not None or proposal.refused or not proposal.policies:
        return False
    is_free = all(
        one.through == evidence.arn and not one.protected and not one.fresh and one.agreed is None
        for one in evidence.current
    )
    return is_free and not evidence.exclusions and proposal.characters <= INLINE_TOTAL["group"]


def mined_groups(
    users: Sequence[tuple[PrincipalEvidence, Proposal]], taken: Collection[str], tolerance: float, fits: Fits
) -> list[Mined]:
    """Return groups of two or more users of one account; the same users in any order give the same groups.

    The user who needs most leads; who needs a part of that, and is granted at most *tolerance* times its own need by it,
    joins when *fits* proves that the leader's policies allow all its uses and nothing that it may not do today. *taken* are
    the names of groups that exist, in lower case, with their account: `<account>/<name>`.
    """
    needs = {evidence.arn: _triples(proposal) for evidence, proposal in users}
    waiting = sorted(users, key=lambda user: (user[0].account_id, -len(needs[user[0].arn]), user[0].arn))
    names = set(taken)
    found: list[Mined] = []
    while waiting:
        (leader, proposal), *others = waiting
        most = needs[leader.arn]
        members = [leader]
        for one, _ in others:
            own = needs[one.arn]
            is_near = own <= most and len(most) <= tolerance * len(own) and one.account_id == leader.account_id
            if is_near and fits(one, proposal.policies):
                members.append(one)
        if len(members) > 1:
            found.append(_group(leader, proposal, members, names))
        gone = {one.arn for one in members}
        waiting = [user for user in others if user[0].arn not in gone]
    return found


def _group(
    leader: PrincipalEvidence, proposal: Proposal, members: Sequence[PrincipalEvidence], names: set[str]
) -> Mined:
    plain = _OUTSIDE.sub("_", proposal.parts[0].name)[: _LONGEST - len("-users-1000")] + "-users"
    name, number = plain, 2
    while f"{leader.account_id}/{name.lower()}" in names:
        name, number = f"{plain}-{number}", number + 1
    names.add(f"{leader.account_id}/{name.lower()}")
    policies: dict[str, Policy] = {}
    for part in proposal.parts:
        wanted, more = part.name, 2
        while wanted in policies:
            wanted, more = f"{part.name[:120]}-{more}", more + 1
        policies[wanted] = part.policy
    partition = leader.arn.split(":", 2)[1]
    arn = f"arn:{partition}:iam::{leader.account_id}:group/{name}"
    return Mined(arn, name, tuple(policies.items()), tuple(sorted(members, key=lambda one: one.arn)))


def _triples(proposal: Proposal) -> frozenset[Triple]:
    """Return each action on each resource under its conditions; a Deny stands for itself, so that it is never lost."""
    return frozenset(one for policy in proposal.policies for each in policy.statements for one in _of(each))


def _of(statement: Statement) -> list[Triple]:
    if statement.effect is Effect.DENY or statement.not_actions:
        return [("statement", "", (statement.effect, statement.actions, statement.not_actions, statement.resources))]
    named = statement.resources or tuple(f"not {one}" for one in statement.not_resources)
    conditions = frozenset(statement.conditions)
    return [(action, one, conditions) for action in statement.actions for one in named]


def _removed(user: PrincipalEvidence, one: CurrentPolicy, group: str) -> Change:
    why = f"replaced by the group `{group}`"
    if one.kind == "inline":
        return Change(ChangeKind.DELETE_INLINE_POLICY, user.arn, one.name, None, one.document, why)
    return Change(ChangeKind.DETACH_POLICY, user.arn, one.policy_id, why=why)
