"""recommend --as scp: for each unit and account a policy that denies what nobody there used, written only with its proof."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from iamaudit.deliver.scp import scp_delivery
from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError, ProofFailedError
from iamaudit.knowledge.actions import catalogue
from iamaudit.ports import Progress
from iamaudit.proof.bundle import safe_name
from iamaudit.proof.scp import prove_scp, scp_files
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.scp import propose_scp
from iamaudit.recommend.scp_evidence import Target
from iamaudit.stages.outcome import versions
from iamaudit.stages.scp_evidence import scp_targets

_CAREFUL: Final = Choices()


@dataclass(frozen=True, slots=True)
class ScpResult:
    """What became of one unit or account: a bundle with its certificate, or why there is none."""

    target: str
    kind: str  # unit | account
    bundle: Path | None
    certificate: dict[str, Any] | None
    refused: str = ""
    refused_kind: str = ""  # "" | proof | unreadable | coverage | quota | nothing_to_do

    def as_json(self) -> dict[str, object]:
        """Return the line of `recommend --as scp --json`."""
        line: dict[str, object] = {
            "target": self.target,
            "kind": self.kind,
            "bundle": None if self.bundle is None else str(self.bundle),
            "certificate": self.certificate,
        }
        return line | ({"refused": self.refused, "refused_kind": self.refused_kind} if self.refused else {})


def recommend_scps(
    engine: Engine,
    out: Path,
    *,
    choices: Choices = _CAREFUL,
    level: str = "service",
    progress: Progress | None = None,
) -> list[ScpResult]:
    """Propose, prove and write below `out/organization`; what fails its proof is not written, and the rest goes on.

    *level* is `service` or `action`. What the logs cannot show is never denied, whatever `choices.keep_unknown` says. Raises
    InputError when the lake knows no organisation.
    """
    targets = scp_targets(engine, choices)
    if not targets:
        raise InputError(
            "this lake knows no organisation with member accounts: run `iamaudit collect --lake LAKE --org`, or collect an "
            "`organization.json`"
        )
    managing = engine.query("select account_id from stg_accounts where is_management").to_pylist()
    account_id = managing[0]["account_id"] if len(managing) == 1 else ""
    results = []
    for done, target in enumerate(targets, 1):
        results.append(_one(target, out, level, choices, account_id))
        if progress is not None:
            progress(done, len(targets), "units and accounts")
    return results


def _one(target: Target, out: Path, level: str, choices: Choices, account_id: str) -> ScpResult:
    actions = catalogue()
    largest, most = choices.scp_characters, choices.scp_attachments
    proposal = propose_scp(target, actions, level=level, largest=largest, most=most)
    if proposal.refused:
        return _refusal(target, out, proposal.refused, proposal.refused_kind)
    try:
        certificate = prove_scp(proposal, versions=versions(actions))
    except ProofFailedError as error:
        return _refusal(target, out, str(error), "proof")
    delivered = scp_delivery(target, proposal.policies, account_id=account_id, formats=choices.formats)
    folder = f"organization/{safe_name(target.id)}"
    files = scp_files(proposal, certificate) | {f"{folder}/{name}": text for name, text in delivered.items()}
    bundle = write_bundle(files, out)
    return ScpResult(target.id, target.kind, bundle, certificate)


def _refusal(target: Target, out: Path, why: str, kind: str) -> ScpResult:
    earlier = out / "organization" / safe_name(target.id)
    if (earlier / "certificate.json").is_file():  # a bundle of ours, which is no longer proven
        shutil.rmtree(earlier, ignore_errors=True)
    return ScpResult(target.id, target.kind, None, None, why, kind)


def scp_exit_code(results: Iterable[ScpResult]) -> int:
    """Return 3 when a policy failed its proof, 2 when a policy of today could not be read, else 0 (design.md §4)."""
    kinds = {result.refused_kind for result in results}
    return 3 if "proof" in kinds else 2 if "unreadable" in kinds else 0
