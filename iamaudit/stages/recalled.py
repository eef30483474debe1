"""A recommendation as the lake remembers it: its files, or why there was none, and how to put it back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from iamaudit.model.policy import Policy
from iamaudit.policy.parse import parse
from iamaudit.proof.bundle import bundle_path
from iamaudit.proof.certificate import Certificate
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.report.content import RecommendationSummary
from iamaudit.stages.outcome import Recommendation

SPLIT: Final = "#split"  # behind a role's ARN: the policies of its parties; no name of IAM has a `#`


@dataclass(frozen=True, slots=True)
class WrittenSplit:
    """The policies of a role's parties as they were written: the files of all parties by their path."""

    arn: str  # the role's, and `SPLIT`
    account_id: str
    key: str
    files: Mapping[str, bytes]
    is_unchanged: bool


@dataclass(frozen=True, slots=True)
class Recalled:
    """What an earlier night made of the same evidence; without files when it refused."""

    principal: str
    account_id: str
    key: str
    files: Mapping[str, bytes]  # by their path `<account>/<kind>/<name>/<file>`
    refused: str
    refused_kind: str
    summary: RecommendationSummary

    @property
    def certificate(self) -> Certificate | None:
        """The proof of then: it names the window in which it was made."""
        found = next((text for path, text in self.files.items() if path.endswith("/certificate.json")), None)
        return None if found is None else Certificate(json.loads(found))

    def policies(self) -> tuple[Policy, ...]:
        """Return the proposed policies, in their order."""
        texts = {path.rpartition("/")[2]: text for path, text in self.files.items()}
        names = [name for name in texts if name.startswith("policy-") and name.endswith(".json")]
        return tuple(parse(texts[name].decode(), name=name) for name in sorted(names, key=lambda one: (len(one), one)))

    def restored(self, out: Path, shared: str = "") -> Recommendation:
        """Write its bundle below *out*, unless it is there as it was, and return it."""
        certificate = self.certificate
        bundle = write_unless_there(self.files, out) if self.files else None
        return Recommendation(
            self.principal,
            self.account_id,
            bundle,
            None if certificate is None else certificate.as_json(),
            self.refused,
            self.refused_kind,
            self.summary if bundle is None else replace(self.summary, bundle=str(bundle)),
            is_unchanged=True,
            shared=shared,
            key=self.key,
        )


def recalled_from(row: Mapping[str, Any]) -> Recalled:
    """Return the value of a row of `recommendations` that is proven or refused."""
    return Recalled(
        row["principal"],
        row["account_id"],
        row["key"],
        files_of(row) if row["status"] == "proven" else {},
        row["reason"],
        row["refused_kind"],
        msgspec.json.decode(row["summary"], type=RecommendationSummary),
    )


def files_of(row: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a row by their path."""
    return {path: text.encode() for path, text in json.loads(row["files"]).items()}


def forget_bundle(evidence: PrincipalEvidence, out: Path, refused_kind: str) -> None:
    """Take away the bundle of an earlier night of what is refused tonight: what it proved no longer holds for sure.

    Where there is nothing to do it stays: it may be what was carried out. Journals stand beside a bundle, and stay too.
    """
    folder = out / bundle_path(evidence)
    if refused_kind not in {"", "nothing_to_do"} and (folder / "certificate.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)


def write_unless_there(files: Mapping[str, bytes], out: Path) -> Path:
    """Return the folder of *files*, all of one, written again unless it is there as it was."""
    folder = out / Path(next(iter(files))).parent
    there = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    return folder if there == {Path(path).name: data for path, data in files.items()} else write_bundle(files, out)
