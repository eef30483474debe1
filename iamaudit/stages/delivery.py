"""The files that carry a proposal to AWS, beside its proof in the bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from iamaudit.deliver.files import delivery_files
from iamaudit.deliver.steps import Held
from iamaudit.lake.store import LocalStore
from iamaudit.model.change import Change
from iamaudit.model.plan import Plan
from iamaudit.proof.bundle import bundle_path
from iamaudit.recommend.choices import FORMATS
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.report.content import RecommendationSummary
from iamaudit.report.summary import render_summary, summarise


def delivery_of(
    evidence: PrincipalEvidence, changes: Sequence[Change], formats: Sequence[str] = FORMATS
) -> dict[str, bytes]:
    """Return Terraform, CloudFormation and scripts of a principal's changes by their path in the bundle."""
    folder = bundle_path(evidence)
    held = [
        Held(one.through, one.name if one.kind == "inline" else one.policy_id, one.kind == "inline")
        for one in evidence.current
    ]
    files = delivery_files(Plan(evidence.arn, tuple(changes)), held, formats=formats)
    return {f"{folder}/{name}": content for name, content in files.items()}


def write_summary(out: Path, recommendations: Iterable[RecommendationSummary]) -> Path:
    """Write `summary.md` beside the bundles, what the proposals take away in numbers, and return its path."""
    LocalStore(out).write("summary.md", render_summary(summarise(recommendations)).encode("utf-8", "backslashreplace"))
    return out / "summary.md"
