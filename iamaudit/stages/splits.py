"""Roles that parties with parts of their own share: a proven policy for each party, and nothing planned."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from iamaudit.engine.duck import Engine
from iamaudit.errors import ProofFailedError
from iamaudit.knowledge.actions import ActionCatalogue, catalogue
from iamaudit.proof.bundle import bundle_files, bundle_path, safe_name
from iamaudit.proof.prove import prove
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import ObservedUse, PrincipalEvidence
from iamaudit.recommend.propose import Proposal
from iamaudit.recommend.split import Actor, Part, Split, split_of
from iamaudit.stages.evidence import Unreadable, observed_use
from iamaudit.stages.outcome import versions
from iamaudit.stages.proposals import proposal_of
from iamaudit.stages.recalled import SPLIT, WrittenSplit

if TYPE_CHECKING:
    from iamaudit.stages.memory import Memory

Entry = PrincipalEvidence | Unreadable


def splits_of(engine: Engine, found: Iterable[Entry]) -> dict[str, Split]:
    """Return the roles of *found* that are used in parts, by ARN."""
    actors: defaultdict[str, defaultdict[Actor, list[ObservedUse]]] = defaultdict(lambda: defaultdict(list))
    for row in engine.table("actor_uses").to_pylist():
        actors[row["principal"]][row["actor_kind"] or "", row["actor"] or ""].append(observed_use(row))
    splits = {}
    for entry in found:
        if isinstance(entry, PrincipalEvidence) and entry.kind == "role" and len(actors.get(entry.arn, ())) > 1:
            split = split_of(entry, actors[entry.arn], catalogue())
            if split is not None:
                splits[entry.arn] = split
    return splits


def noted(found: Iterable[Entry], splits: dict[str, Split]) -> list[Entry]:
    """Return *found* with what was seen of its parts among the notes."""
    return [
        replace(one, caveats=(*one.caveats, splits[one.arn].note()))
        if isinstance(one, PrincipalEvidence) and one.arn in splits
        else one
        for one in found
    ]


def write_splits(
    found: Sequence[Entry], splits: dict[str, Split], out: Path, choices: Choices, memory: Memory | None = None
) -> list[WrittenSplit]:
    """Write `split/<party>/` beside the files of each role that is used in parts, and take older ones away.

    A party whose policy does not fit, or fails its proof, has no folder: the role's own bundle stands as it is. What *memory*
    has of the same parties is not worked out again.
    """
    written: list[WrittenSplit] = []
    for entry in found:
        if not isinstance(entry, PrincipalEvidence) or entry.kind != "role":
            continue
        below = f"{bundle_path(entry)}/split"
        shutil.rmtree(out / below, ignore_errors=True)
        split = splits.get(entry.arn)
        if split is not None:
            written.append(_written(split, below, out, choices, memory))
    return written


def _written(split: Split, below: str, out: Path, choices: Choices, memory: Memory | None) -> WrittenSplit:
    arn = f"{split.evidence.arn}{SPLIT}"
    key = "" if memory is None else memory.key_of_split(split)
    known = None if memory is None else memory.recalled_files(arn, key)
    files: dict[str, bytes] = {} if known is None else known
    if known is None:
        for part in split.parts:
            files |= _files(split, part, f"{below}/{safe_name(part.name)}", choices)
    by_folder: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    for path, content in files.items():
        by_folder[path.rpartition("/")[0]][path] = content
    for one in by_folder.values():
        write_bundle(one, out)
    return WrittenSplit(arn, split.evidence.account_id, key, files, is_unchanged=known is not None)


def _files(split: Split, part: Part, folder: str, choices: Choices) -> dict[str, bytes]:
    actions = catalogue()
    evidence = split.evidence_of(part)
    proposal = _proposal(evidence, actions, choices)
    if proposal.refused:
        return {}
    try:
        certificate = prove(evidence, proposal, actions, versions=versions(actions))
    except ProofFailedError:
        return {}
    files = bundle_files(evidence, proposal, certificate)
    return {f"{folder}/{path.rpartition('/')[2]}": content for path, content in files.items()}


def _proposal(evidence: PrincipalEvidence, actions: ActionCatalogue, choices: Choices) -> Proposal:
    level = choices.level if choices.level != "service" else "resource"
    return replace(proposal_of(evidence, actions, replace(choices, level=level)), changes=())
