"""Group mining: users with policies of their own that need the same are moved into a group, when a person asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Policy
from iamaudit.proof.certificate import Certificate
from iamaudit.proof.joint import certified_for_each
from iamaudit.proof.replay import replay
from iamaudit.proof.widening import widening
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.joint import Holder, Shared
from iamaudit.recommend.mining import Mined, can_move, mined_groups
from iamaudit.recommend.propose import Proposal, propose
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.groups import State, frame
from iamaudit.stages.joint import Outcome, options_of
from iamaudit.stages.outcome import versions

Entry = PrincipalEvidence | Unreadable


@dataclass(frozen=True, slots=True)
class Moves:
    """The principals, those who move marked, and the groups that they move into."""

    entries: list[Entry]
    outcomes: list[Outcome]


def moves_of(state: State, found: Sequence[Entry], choices: Choices) -> Moves:
    """Return the groups that use shows among *found*, each proven for every member."""
    actions, options = catalogue(), options_of(choices)
    users = []
    for entry in found:
        if isinstance(entry, PrincipalEvidence) and entry.kind == "user":
            proposal = propose(
                entry,
                actions,
                keep_unknown=options.keep_unknown,
                level=options.level,
                most=options.most,
                wildcards=options.wildcards,
                cross_service=options.cross_service,
            )
            if can_move(entry, proposal):
                users.append((entry, proposal))

    def fits(user: PrincipalEvidence, policies: tuple[Policy, ...]) -> bool:
        proposal = Proposal(user.arn, policies=policies)
        return not replay(user, proposal, actions).denied and widening(user, proposal, actions).is_contained

    taken = {f"{row['account_id']}/{row['name'].lower()}" for row in state.principals if row["kind"] == "group"}
    by_arn = dict(zip([user.arn for user, _ in users], users, strict=True))
    groups = mined_groups(users, taken, choices.group_tolerance, fits)
    moved = {one.arn: group.name for group in groups for one in group.members}
    entries = [
        replace(one, moved_to=moved[one.arn]) if isinstance(one, PrincipalEvidence) and one.arn in moved else one
        for one in found
    ]
    return Moves(entries, [_outcome(state, group, [by_arn[one.arn][1] for one in group.members]) for group in groups])


def _outcome(state: State, group: Mined, proposals: Sequence[Proposal]) -> Outcome:
    actions = catalogue()
    names = ", ".join(f"`{one.name}`" for one in group.members)
    thing = frame(
        state,
        list(group.members),
        arn=group.arn,
        account_id=group.members[0].account_id,
        kind="group",
        name=group.name,
        current=tuple(policy for one in group.members for policy in one.current),
    )
    proposal = Proposal(
        group.arn,
        policies=group.documents,
        changes=group.changes(),
        granted=tuple(sorted({action for one in proposals for action in one.granted})),
        dropped=tuple(sorted(set.intersection(*(set(one.dropped) for one in proposals)))),
        kept=tuple(kept for one in proposals for kept in one.kept),
        unknown_kept=tuple(sorted({action for one in proposals for action in one.unknown_kept})),
        notes=(f"a new group in place of the policies that {names} have of their own: they need the same",),
        level=proposals[0].level,
    )
    shared = Shared(thing, tuple(Holder(one) for one in group.members))
    certificate: Certificate = certified_for_each(shared, proposal, actions, versions=versions(actions))
    return Outcome(shared, proposal, certificate)
