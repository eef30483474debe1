"""Groups and other things that several principals hold: shrunk, proven for every holder, written beside the principals' bundles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iamaudit.engine.duck import Engine
from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.knowledge.cross_service import cross_service_actions
from iamaudit.ports import Progress
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.certificate import Certificate
from iamaudit.proof.joint import prove_shared
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.joining import kept_as_today, with_joining
from iamaudit.recommend.joint import Holder, Options, Shared, propose_shared
from iamaudit.recommend.movers import Mover
from iamaudit.recommend.permission_sets import changes_of_set, into_inline
from iamaudit.recommend.propose import Proposal
from iamaudit.stages.agreeing import agreeing
from iamaudit.stages.delivery import delivery_of
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.groups import State, groups_of, with_known
from iamaudit.stages.outcome import Recommendation, refusal, summary_of, versions
from iamaudit.stages.permission_sets import permission_sets_of
from iamaudit.stages.recalled import forget_bundle
from iamaudit.stages.recommend_worker import worked_out
from iamaudit.stages.shared_outcome import Moves, Outcome

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory


_NONE: Final = Moves()
_NOBODY: Final[Mapping[str, Sequence[Mover]]] = {}


def options_of(choices: Choices) -> Options:
    """Return what a person chose, as far as it bears on shared things."""
    return Options(
        keep_unknown=choices.keep_unknown,
        level=choices.level,
        most=choices.attachments,
        wildcards=choices.wildcards,
        cross_service=cross_service_actions(),
        condition_days=choices.condition_days,
        condition_uses=choices.condition_uses,
    )


def shared_things(
    engine: Engine,
    state: State,
    found: Sequence[PrincipalEvidence | Unreadable],
    choices: Choices,
    only: frozenset[str],
) -> list[Shared | Unreadable]:
    """Return the groups and permission sets that *found* are in, of *only* these ARNs when there are any."""
    every = [*groups_of(state, found, choices), *permission_sets_of(engine, state, found, choices)]
    return [one for one in every if not only or one.arn in only]


def recommend_groups(
    groups: Sequence[Shared | Unreadable],
    own: Mapping[str, Path],
    out: Path,
    choices: Choices,
    *,
    moves: Moves = _NONE,
    workers: int | None = None,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> list[Recommendation]:
    """Propose, prove and write every group that can be judged; *own* are the bundles of principals by ARN.

    A group is proven twice: with what its members have today beside it, and with what the members' own bundles, all
    their other groups' bundles and *moves* make of that: the second proof is made each night, of remembered groups too, since
    it is about all of them together. The bundle of a group that users join has their steps, too.
    """
    readable = [one for one in groups if isinstance(one, Shared)]
    work = partial(outcome_of, choices=choices)
    outcomes = outcomes_of(
        readable, work, workers=workers, progress=progress, what="groups", memory=memory, joining=moves.joining
    )
    outcomes = [
        _joined(one, moves.joining.get(one.shared.arn, ()), choices, catalogue()) if one.recalled is None else one
        for one in outcomes
    ]
    outcomes = agreeing(outcomes, own, moves, catalogue())
    done = iter(outcomes)
    return [
        _unreadable(one, memory) if isinstance(one, Unreadable) else written(next(done), out, choices) for one in groups
    ]


def _unreadable(one: Unreadable, memory: Memory | None) -> Recommendation:
    refused = refusal(one.arn, one.account_id, one.why, one.kind)
    if memory is None:
        return refused
    key = memory.key(one)
    return replace(refused, key=key, is_unchanged=memory.recalled(one.arn, key) is not None)


def outcomes_of(
    found: Sequence[Shared],
    work: Callable[[Shared], Outcome],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    what: str = "groups",
    memory: Memory | None = None,
    joining: Mapping[str, Sequence[Mover]] = _NOBODY,
) -> list[Outcome]:
    """Return what *work* makes of each, or an earlier night made of the same evidence with the same users *joining*.

    The things themselves, with all that is known of their holders, are not sent back from where they are worked out.
    """
    keys = [_key(one, joining.get(one.arn, ()), memory) for one in found]
    known = [recalled(one, key, memory) for one, key in zip(found, keys, strict=True)]
    fresh = [with_known(one) for one, outcome in zip(found, known, strict=True) if outcome is None]
    answers = worked_out(fresh, partial(_without_the_thing, work), workers=workers, progress=progress, what=what)
    made = (Outcome(shared, *answer) for shared, answer in zip(fresh, answers, strict=True))
    return [replace(next(made), key=key) if one is None else one for one, key in zip(known, keys, strict=True)]


def _key(shared: Shared, users: Sequence[Mover], memory: Memory | None) -> str:
    return "" if memory is None else memory.key_of_shared(shared, [one.evidence for one in users])


def recalled(shared: Shared, key: str, memory: Memory | None) -> Outcome | None:
    """Return what an earlier night made of a shared thing, its policies as they stand in the bundle; None when it did not."""
    found = None if memory is None else memory.recalled(shared.arn, key)
    if found is None:
        return None
    proposal = Proposal(shared.arn, policies=found.policies(), refused=found.refused, refused_kind=found.refused_kind)
    return Outcome(with_known(shared), proposal, found.certificate, found.refused, found.refused_kind, found.key, found)


def _without_the_thing(
    work: Callable[[Shared], Outcome], shared: Shared
) -> tuple[Proposal, Certificate | None, str, str]:
    found = work(shared)
    return found.proposal, found.certificate, found.refused, found.refused_kind


def outcome_of(shared: Shared, choices: Choices) -> Outcome:
    """Work out one shared thing."""
    actions = catalogue()
    way = (into_inline, changes_of_set) if shared.whole.kind == "permission_set" else None
    return proven(shared, propose_shared(shared, actions, options_of(choices), way), actions)


def proven(shared: Shared, proposal: Proposal, actions: ActionCatalogue) -> Outcome:
    """Return a proposal with its proof, or refused without one."""
    if proposal.refused:
        return Outcome(shared, proposal, None, proposal.refused, proposal.refused_kind)
    try:
        return Outcome(shared, proposal, prove_shared(shared, proposal, actions, versions=versions(actions)))
    except ProofFailedError as error:
        return Outcome(shared, proposal, None, str(error), "proof")


def _joined(outcome: Outcome, users: Sequence[Mover], choices: Choices, actions: ActionCatalogue) -> Outcome:
    """Return what becomes of a group that *users* join: its own proposal, or its policies of today, and their moves."""
    if not users:
        return outcome
    holders, first = outcome.shared.holders, users[0].evidence
    whole = replace(
        outcome.shared.whole,
        coverage=outcome.shared.whole.coverage or first.coverage,
        uses=(*outcome.shared.whole.uses, *(use for one in users for use in one.evidence.uses if use.rhythm)),
    )
    is_smaller = outcome.certificate is not None and bool(holders)
    proposal = outcome.proposal if is_smaller else kept_as_today(whole, actions, choices.level)
    together, proposal = with_joining(whole, proposal, users, actions)
    beside = [Holder(one.evidence, one.beside) for one in users]
    shared = replace(outcome.shared, whole=whole)
    try:
        proof = prove_shared(shared, proposal, actions, versions=versions(actions), joining=beside)
    except ProofFailedError as error:
        return replace(outcome, proposal=proposal, certificate=None, refused=str(error), refused_kind="proof")
    return Outcome(replace(shared, whole=together), proposal, proof, key=outcome.key)


def written(outcome: Outcome, out: Path, choices: Choices) -> Recommendation:
    """Write the bundle of one shared thing, if it has a proof."""
    whole, proposal, certificate = outcome.shared.whole, outcome.proposal, outcome.certificate
    forget_bundle(whole, out, outcome.refused_kind)
    if outcome.recalled is not None:
        return outcome.recalled.restored(out, whole.kind)
    if certificate is None:
        refused = refusal(whole.arn, whole.account_id, outcome.refused, outcome.refused_kind, whole, shared=whole.kind)
        return replace(refused, key=outcome.key)
    files = bundle_files(whole, proposal, certificate) | delivery_of(whole, proposal.changes, choices.formats)
    directory = write_bundle(files, out)
    return Recommendation(
        whole.arn,
        whole.account_id,
        directory,
        certificate.as_json(),
        "",
        "",
        summary_of(whole, proposal, certificate, directory),
        shared=whole.kind,
        key=outcome.key,
    )
