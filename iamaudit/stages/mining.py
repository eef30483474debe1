"""Group mining, when a person asks for it: users whose own policies a group can stand for are moved into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Policy
from iamaudit.policy.render import to_json
from iamaudit.ports import Progress
from iamaudit.proof.certificate import Certificate
from iamaudit.proof.evidence_key import digest_of
from iamaudit.proof.joint import can_live_with, certified_for_each
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.joining import Open, joining
from iamaudit.recommend.joint import Holder, Shared
from iamaudit.recommend.keep import keep_set
from iamaudit.recommend.mining import Mined, mined_groups
from iamaudit.recommend.movers import Mover, granted_by, mover_of
from iamaudit.recommend.propose import Proposal
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.groups import State, frame, groups_of
from iamaudit.stages.joint import outcome_of, outcomes_of, recalled
from iamaudit.stages.outcome import versions
from iamaudit.stages.proposals import proposal_of
from iamaudit.stages.recalled import forget_bundle
from iamaudit.stages.shared_outcome import Moves, Outcome

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory

Entry = PrincipalEvidence | Unreadable
_CLOSED = frozenset({"protected", "proof"})  # a person, or a doubt, says to leave the group alone


@dataclass(frozen=True, slots=True)
class Found:
    """The principals, those who move marked; the groups to be made; and who joins a group that exists."""

    entries: list[Entry]
    outcomes: list[Outcome]
    moves: Moves = field(default_factory=Moves)


def moves_of(
    state: State,
    found: Sequence[Entry],
    choices: Choices,
    only: frozenset[str] = frozenset(),
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> Found:
    """Return the moves that use shows among *found*, each proven for every member, of *only* these users and groups.

    A group that exists comes before one to be made. What it will grant is what its own bundle leaves of it, or its policies of
    today where there is none.
    """
    users = movers(found, choices)
    groups_today = Counter(user for members in state.members.values() for user in members)
    ready = _outcomes(state, found, choices, workers, progress, memory) if users else []
    joined = joining(users, [_open(one) for one in ready], choices.group_tolerance, _fits, catalogue(), groups_today)
    joined = {arn: some for arn, some in joined.items() if _is_asked_for(arn, some, only)}
    gone = {one.arn for some in joined.values() for one in some}
    left = [one for one in users if one.arn not in gone]
    taken = {f"{row['account_id']}/{row['name'].lower()}" for row in state.principals if row["kind"] == "group"}
    mined = mined_groups(left, taken, choices.group_tolerance, _fits, groups_today)
    mined = [group for group in mined if _is_asked_for(group.arn, group.members, only)]
    names = {one.arn: arn.rpartition("/")[2] for arn, some in joined.items() for one in some}
    names |= {one.arn: group.name for group in mined for one in group.members}
    entries = [
        replace(one, moved_to=names[one.arn]) if isinstance(one, PrincipalEvidence) and one.arn in names else one
        for one in found
    ]
    made = {one.arn: group.documents for group in mined for one in group.members}
    return Found(entries, [_outcome(state, group, choices.level, memory) for group in mined], Moves(joined, made))


def movers(found: Iterable[Entry], choices: Choices) -> list[Mover]:
    """Return the users of *found* who could move, with what they need of their own policies."""
    actions = catalogue()
    users = []
    for entry in found:
        if not isinstance(entry, PrincipalEvidence) or entry.kind != "user":
            continue
        proposal = proposal_of(entry, actions, choices)
        if (
            proposal.refused_kind == "nothing_to_do"
        ):  # it does not say why things are needed, and the group's evidence shall
            keep = keep_set(entry, actions, keep_unknown=choices.keep_unknown, level=choices.level)
            proposal = replace(proposal, kept=keep.kept, unknown_kept=keep.unknown_kept)
        of_groups = tuple(one for one in entry.current if one.through != entry.arn)
        beside = proposal_of(replace(entry, current=of_groups), actions, choices) if of_groups else None
        mover = mover_of(entry, proposal, actions, of_groups=beside)
        if mover is not None:
            users.append(mover)
    return users


def forget_moved(entries: Iterable[Entry], out: Path) -> None:
    """Take away the bundles of an earlier night of those who move: applied beside the group's they would be in its way."""
    for entry in entries:
        if isinstance(entry, PrincipalEvidence) and entry.moved_to:
            forget_bundle(entry, out, "moved")


def _fits(user: Mover, policies: Sequence[Policy]) -> bool:
    return can_live_with(_as_holder(user), policies, catalogue())


def _as_holder(user: Mover) -> Holder:
    return Holder(user.evidence, user.beside)


def _is_asked_for(arn: str, users: Iterable[Mover], only: frozenset[str]) -> bool:
    return not only or bool(only & {arn, *(one.arn for one in users)})


def _outcomes(
    state: State,
    found: Sequence[Entry],
    choices: Choices,
    workers: int | None,
    progress: Progress | None,
    memory: Memory | None,
) -> list[Outcome]:
    """Return what becomes of the groups that exist, as far as users could join them."""
    groups = [one for one in groups_of(state, found, choices) if isinstance(one, Shared)]
    work = partial(outcome_of, choices=choices)
    outcomes = outcomes_of(groups, work, workers=workers, progress=progress, what="groups to join", memory=memory)
    return [one for one in outcomes if one.refused_kind not in _CLOSED]


def _open(outcome: Outcome) -> Open:
    whole, holders = outcome.shared.whole, outcome.shared.holders
    today = tuple(one.policy for one in whole.current)
    # what nobody holds its own bundle empties: whoever joins finds what it grants today
    policies = outcome.proposal.policies if outcome.certificate is not None and holders else today
    return Open(whole.arn, whole.account_id, frozenset(one.evidence.arn for one in holders), policies)


def _outcome(state: State, group: Mined, level: str, memory: Memory | None) -> Outcome:
    actions = catalogue()
    names = ", ".join(f"`{one.evidence.name}`" for one in group.members)
    thing = frame(
        state,
        [one.evidence for one in group.members],
        arn=group.arn,
        account_id=group.members[0].evidence.account_id,
        kind="group",
        name=group.name,
        current=tuple(policy for one in group.members for policy in one.own),
    )
    granted = frozenset().union(*(one.granted(actions) for one in group.members))
    after = granted_by(thing, group.documents, actions)
    proposal = Proposal(
        group.arn,
        policies=group.documents,
        changes=group.changes(),
        granted=tuple(sorted(granted)),
        dropped=tuple(sorted(granted - after)),
        parts=group.parts,
        kept=tuple(kept for one in group.members for kept in one.told(after)),
        unknown_kept=tuple(sorted({action for one in group.members for action in one.unknown_kept})),
        notes=(f"a new group in place of the policies that {names} have of their own: they need the same",),
        level=level,
    )
    shared = Shared(thing, tuple(map(_as_holder, group.members)))
    # the members and what they hold make the group, and its documents are what tonight's other users left them
    key = "" if memory is None else digest_of([memory.key_of_shared(shared), list(map(to_json, group.documents))])
    if (known := recalled(shared, key, memory)) is not None:
        return known
    certificate: Certificate = certified_for_each(shared, proposal, actions, versions=versions(actions))
    return Outcome(shared, proposal, certificate, key=key)
