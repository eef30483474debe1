"""Users whose own policies a group that exists can stand for: which group, and what its bundle then does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iamaudit.model.policy import Policy
from iamaudit.recommend.evidence import Actions, CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.mining import MOST_GROUPS, Fits
from iamaudit.recommend.movers import Mover, stands_for, triples
from iamaudit.recommend.parts import as_today
from iamaudit.recommend.propose import Proposal, granted_actions


@dataclass(frozen=True, slots=True)
class Open:
    """A group that users could join: its members of today, and the policies that it will have."""

    arn: str
    account_id: str
    members: frozenset[str]
    policies: tuple[Policy, ...]


def joining(
    users: Sequence[Mover],
    groups: Sequence[Open],
    tolerance: float,
    fits: Fits,
    catalogue: Actions,
    groups_today: Mapping[str, int],
) -> dict[str, tuple[Mover, ...]]:
    """Return who joins which group, by its ARN; users and groups in any order give the same.

    A group stands for a user's own policies when it grants each action on each resource that the user needs of them, at most
    *tolerance* times as many, and *fits* proves that all its uses stay and nothing is new to it. Of several groups the one
    that grants least is taken.
    """
    grants = {group.arn: triples(group.policies, catalogue) for group in groups}
    by_size = sorted(groups, key=lambda group: (len(grants[group.arn]), group.arn))
    found: defaultdict[str, list[Mover]] = defaultdict(list)
    for user in sorted(users, key=lambda one: one.arn):
        if groups_today.get(user.arn, 0) >= MOST_GROUPS:
            continue
        for group in by_size:
            is_open = group.account_id == user.evidence.account_id and user.arn not in group.members
            if is_open and stands_for(grants[group.arn], user, tolerance) and fits(user, group.policies):
                found[group.arn].append(user)
                break
    return {arn: tuple(members) for arn, members in found.items()}


def kept_as_today(whole: PrincipalEvidence, catalogue: Actions, level: str) -> Proposal:
    """Return the proposal that changes nothing of a group."""
    granted = tuple(sorted(granted_actions(whole, catalogue)))
    parts = as_today(whole)
    notes = ("its policies stay as they are",)
    policies = tuple(part.policy for part in parts)
    return Proposal(whole.arn, policies=policies, parts=parts, granted=granted, notes=notes, level=level)


def with_joining(
    whole: PrincipalEvidence, proposal: Proposal, users: Sequence[Mover], catalogue: Actions
) -> tuple[PrincipalEvidence, Proposal]:
    """Return a group and its proposal with *users* who move into it: it shrinks first, then they join, then theirs go.

    The group's evidence then holds the users' own policies too, since its bundle takes them away and must bring them back.
    """
    own: tuple[CurrentPolicy, ...] = tuple(one for user in users for one in user.own)
    after = set(proposal.granted) - set(proposal.dropped)
    granted = set(proposal.granted).union(*(user.granted(catalogue) for user in users))
    steps = [*proposal.changes, *(user.joins(whole.name) for user in users)]
    steps += [step for user in users for step in user.gives_up(whole.name)]
    names = ", ".join(f"`{user.evidence.name}`" for user in users)
    note = (
        f"{names} moves into it: it grants what the user needs of policies of its own, and those go"
        if len(users) == 1
        else f"{names} move into it: it grants what they need of policies of their own, and those go"
    )
    return replace(whole, current=(*whole.current, *own)), replace(
        proposal,
        changes=tuple(steps),
        granted=tuple(sorted(granted)),
        dropped=tuple(sorted(granted - after)),
        kept=(*proposal.kept, *(line for user in users for line in user.told(frozenset(after)))),
        unknown_kept=tuple(sorted({*proposal.unknown_kept, *(one for user in users for one in user.unknown_kept)})),
        notes=(note, *proposal.notes),
    )
