"""Customer-managed policies that several principals hold: shrunk once for all of them, or left for each to replace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from iamaudit.knowledge.actions import catalogue
from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.policy.render import to_json
from iamaudit.ports import Progress
from iamaudit.recommend.agreement import why_split
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import CurrentPolicy, PrincipalEvidence
from iamaudit.recommend.joint import Holder, Shared, merged_guards, needed, propose_shared
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.groups import State, frame
from iamaudit.stages.joint import options_of, outcomes_of, proven
from iamaudit.stages.shared_outcome import Outcome

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory

Entry = PrincipalEvidence | Unreadable
Key = tuple[str, str]  # account, ARN of the policy


@dataclass(frozen=True, slots=True)
class Agreements:
    """The principals with what was agreed put into their evidence, and each shared policy's own outcome."""

    entries: list[Entry]
    outcomes: list[Outcome]


def agreed_upon(
    state: State,
    found: Sequence[Entry],
    choices: Choices,
    only: frozenset[str] = frozenset(),
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> Agreements:
    """Return what becomes of the policies that several hold, of *only* these principals and policies when there are any.

    What is agreed comes with its proof, and the holders' own proposals are made around it, so that no two plans contradict.
    """
    shared, given_up = shared_policies(state, found, only)
    work = partial(outcome_of_policy, choices=choices)
    outcomes = outcomes_of(shared, work, workers=workers, progress=progress, what="shared policies", memory=memory)
    agreed = {(one.shared.whole.account_id, one.shared.arn): _agreed(one) for one in outcomes if one.certificate}
    why = {(one.shared.whole.account_id, one.shared.arn): one for one in outcomes if one.refused_kind == "split"}
    told = {key: one.refused for key, one in why.items()} | given_up
    entries: list[Entry] = [
        entry if isinstance(entry, Unreadable) else _with_agreements(entry, agreed, told) for entry in found
    ]
    return Agreements(entries, outcomes)


def shared_policies(state: State, found: Sequence[Entry], only: frozenset[str]) -> tuple[list[Shared], dict[Key, str]]:
    """Return the policies that can be judged for all, sorted, and of the others why each holder gets its own."""
    holders: defaultdict[Key, list[PrincipalEvidence]] = defaultdict(list)
    held: defaultdict[Key, list[CurrentPolicy]] = defaultdict(list)
    unread = {entry.arn for entry in found if isinstance(entry, Unreadable)}
    for entry in found:
        if isinstance(entry, PrincipalEvidence):
            for one in entry.current:
                if one.kind == "customer" and one.others:
                    key = (entry.account_id, one.policy_id)
                    held[key].append(one)
                    if entry not in holders[key][-1:]:
                        holders[key].append(entry)
    shared: list[Shared] = []
    given_up: dict[Key, str] = {}
    for key, everybody in sorted(holders.items()):
        touched = {one.arn for one in everybody} | {key[1]}
        if only and not only & touched:
            continue
        others = {arn for one in held[key] for arn in one.others}
        bounded = state.neighbours.bounded.get(key, frozenset())
        if bounded:
            given_up[key] = f"it is the permissions boundary of `{min(bounded)}` too"
        elif others & unread or any(user in unread for arn in others for user in state.members.get(arn, ())):
            given_up[key] = "not every holder can be judged"
        elif len(everybody) > 1:
            shared.append(_shared(state, key, everybody, held[key]))
    return shared, given_up


def outcome_of_policy(shared: Shared, choices: Choices) -> Outcome:
    """Propose one version for all holders and prove it, or say why each should have its own."""
    actions, options = catalogue(), options_of(choices)
    all_need = needed(shared, actions, options)
    proposal = propose_shared(shared, actions, options, found_needed=all_need)
    if not proposal.refused:
        why = why_split(shared, all_need, choices.group_tolerance)
        if not why and (len(proposal.parts) != 1 or proposal.parts[0].policy_id != shared.arn):
            why = "one version has no room for all"
        if why:
            return Outcome(shared, proposal, None, f"each holder gets its own: {why}", "split")
    return proven(shared, proposal, actions)


def _shared(state: State, key: Key, everybody: list[PrincipalEvidence], held: Sequence[CurrentPolicy]) -> Shared:
    account, arn = key
    one = merged_guards(held, through=arn)
    thing = frame(
        state,
        everybody,
        arn=arn,
        account_id=account,
        kind="policy",
        name=one.name,
        current=(one,),
        caveats=(f"one version for all who hold it: {', '.join(f'`{holder.name}`' for holder in everybody)}",),
    )
    holders = tuple(
        Holder(each, tuple(other for other in each.current if other.policy_id != arn)) for each in everybody
    )
    return Shared(thing, holders, everybody[0].known)


def _agreed(outcome: Outcome) -> Policy:
    """Return the one version, read from its text: made tonight or remembered, it is the same to its holders."""
    return parse(to_json(outcome.proposal.policies[0]), name=outcome.shared.whole.current[0].name)


def _with_agreements(
    entry: PrincipalEvidence, agreed: Mapping[Key, Policy], told: Mapping[Key, str]
) -> PrincipalEvidence:
    keys = [(entry.account_id, one.policy_id) for one in entry.current]
    notes = [f"`{key[1]}` is held by others too: {told[key]}" for key in dict.fromkeys(keys) if key in told]
    if not notes and not any(key in agreed for key in keys):
        return entry
    current = tuple(replace(one, agreed=agreed.get(key)) for one, key in zip(entry.current, keys, strict=True))
    return replace(entry, current=current, caveats=(*entry.caveats, *notes))
