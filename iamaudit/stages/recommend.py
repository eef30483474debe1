"""recommend: a smaller policy for each principal, written only with its proof."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError, ProofFailedError
from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.ports import Progress
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.prove import prove
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.split import Split
from iamaudit.stages.agreements import agreed_upon
from iamaudit.stages.delivery import delivery_of, write_summary
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.groups import read_state
from iamaudit.stages.joint import recommend_groups, shared_things, written
from iamaudit.stages.mining import forget_moved, moves_of
from iamaudit.stages.outcome import Recommendation, refusal, summary_of, versions
from iamaudit.stages.proposals import proposal_of
from iamaudit.stages.recalled import forget_bundle
from iamaudit.stages.recommend_worker import worked_out
from iamaudit.stages.shared_outcome import Moves, Outcome
from iamaudit.stages.splits import noted, splits_of, write_splits

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory

_CAREFUL: Final = Choices()


def recommend(
    engine: Engine,
    out: Path,
    *,
    choices: Choices = _CAREFUL,
    only: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    workers: int | None = None,
    memory: Memory | None = None,
) -> list[Recommendation]:
    """Propose, prove and write; a proposal that fails its proof is not written, and the rest goes on.

    *workers*: processes (default: one for each core); the bundles are the same whatever their number. *only* are ARNs; raises
    `InputError` when one of them is not a user, role or group of the lake that holds a policy. What several principals hold
    comes after all principals.
    """
    entries: list[PrincipalEvidence | Unreadable] = list(gather(engine, choices))
    groups: list[Shared | Unreadable] = []
    splits: dict[str, Split] = {}
    policies: list[Outcome] = []
    moves = Moves()
    if choices.form == "policies":
        state = read_state(engine, choices)
        agreements = agreed_upon(state, entries, choices, only, workers=workers, progress=progress, memory=memory)
        entries, policies = agreements.entries, agreements.outcomes
        if choices.mine_groups:
            mined = moves_of(state, entries, choices, only, workers=workers, progress=progress, memory=memory)
            entries, policies, moves = mined.entries, [*policies, *mined.outcomes], mined.moves
            forget_moved(entries, out)
        splits = splits_of(engine, entries)
        entries = noted(entries, splits)
        groups = shared_things(engine, state, entries, choices, only and only.union(moves.joining))
    found = [entry for entry in entries if not only or entry.arn in only]
    there = {entry.arn for entry in (*found, *groups)} | {one.shared.arn for one in policies}
    if unknown := sorted(only - there):
        raise InputError(
            f"`{unknown[0]}` is not a user, role, group or shared policy of this lake: "
            "`iamaudit query --lake LAKE 'from stg_principals'` lists those that are there"
        )
    known = {} if memory is None else {entry.arn: memory.recall(entry, out) for entry in found}
    fresh = [entry for entry in found if known.get(entry.arn) is None]
    readable = [entry for entry in fresh if not isinstance(entry, Unreadable)]
    work = partial(_worked_out, out=out, choices=choices)
    done = iter(worked_out(readable, work, workers=workers, progress=progress))
    results = [
        known.get(entry.arn)
        or (
            refusal(entry.arn, entry.account_id, entry.why, "unreadable")
            if isinstance(entry, Unreadable)
            else next(done)
        )
        for entry in found
    ]
    for entry, result in zip(found, results, strict=True):
        if isinstance(entry, PrincipalEvidence):
            forget_bundle(entry, out, result.refused_kind)
    if memory is not None:
        results = [replace(one, key=memory.key(entry)) for entry, one in zip(found, results, strict=True)]
    parties = write_splits(found, splits, out, choices, memory) if choices.form == "policies" else []
    write_summary(out, [result.summary for result in results])
    own = {result.principal: result.bundle for result in results if result.bundle is not None}
    every = [
        *results,
        *recommend_groups(groups, own, out, choices, moves=moves, workers=workers, progress=progress, memory=memory),
        *(written(one, out, choices) for one in policies),
    ]
    if memory is not None:
        memory.keep(every, parties, is_everybody=not only)
    return every


def _worked_out(entry: PrincipalEvidence, out: Path, choices: Choices) -> Recommendation:
    return recommend_one(entry, catalogue(), out, choices)


def recommend_one(
    evidence: PrincipalEvidence, actions: ActionCatalogue, out: Path, choices: Choices = _CAREFUL
) -> Recommendation:
    """Work out one principal."""
    proposal = proposal_of(evidence, actions, choices)
    if proposal.refused:
        return refusal(evidence.arn, evidence.account_id, proposal.refused, proposal.refused_kind, evidence)
    try:
        certificate = prove(evidence, proposal, actions, versions=versions(actions))
    except ProofFailedError as error:
        return refusal(evidence.arn, evidence.account_id, str(error), "proof", evidence)
    delivered = delivery_of(evidence, proposal.changes, choices.formats)
    directory = write_bundle(bundle_files(evidence, proposal, certificate) | delivered, out)
    return Recommendation(
        evidence.arn,
        evidence.account_id,
        directory,
        certificate.as_json(),
        "",
        "",
        summary_of(evidence, proposal, certificate, directory),
    )
