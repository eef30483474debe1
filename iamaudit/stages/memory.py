"""What the lake remembers of recommendations: nothing is worked out again whose evidence is the same."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.lake import Lake
from iamaudit.lake.schema import STATE_SCHEMAS
from iamaudit.lake.state import write_state
from iamaudit.proof.evidence_key import digest_of, evidence_key, shared_key
from iamaudit.recommend.choices import OF_SCPS, Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.joint import Shared
from iamaudit.recommend.split import Split
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.recalled import SPLIT, Recalled, WrittenSplit, files_of, recalled_from

Entry = PrincipalEvidence | Unreadable


class Memory:
    """The latest recommendations as of one instant; `keep` writes what is new into the lake's state.

    Give it to `recommend`: what it recalls is what was made then, byte for byte, and a folder that is missing or was
    touched is written again.
    """

    def __init__(self, lake: Lake, engine: Engine, choices: Choices) -> None:
        self._lake = lake
        self._as_of = _instant(engine.parameters["as_of"])
        numbers = {name: value for name, value in engine.parameters.items() if isinstance(value, int)}
        chosen = {name: value for name, value in msgspec.to_builtins(choices).items() if name not in OF_SCPS}
        self._options = json.dumps({"choices": chosen, "settings": numbers}, sort_keys=True)
        self._made_with = {"options": self._options, "program": program_version()}
        self._judges_shared = choices.form == "policies"
        self._keys: dict[
            int, tuple[object, str]
        ] = {}  # by identity; the value is kept, so that no other gets its place
        self._latest = {row["principal"]: row for row in engine.table("latest_recommendations").to_pylist()}

    def key(self, entry: Entry) -> str:
        """Return the key of what a recommendation for *entry* would be made from."""
        known = self._keys.get(id(entry))
        if known is None:
            if isinstance(entry, Unreadable):
                found = digest_of([entry.why, self._made_with])
            else:
                found = evidence_key(entry, self._made_with)
            known = self._keys[id(entry)] = (entry, found)
        return known[1]

    def key_of_shared(self, shared: Shared, joining: Sequence[PrincipalEvidence] = ()) -> str:
        """Return the key of what a shared thing would be made from, *joining* being users who will hold it."""
        return shared_key(shared, self._made_with, self.key, joining)

    def key_of_split(self, split: Split) -> str:
        """Return the key of what the policies of a role's parties would be made from."""
        parts = [[part.name, evidence_key(split.evidence_of(part), self._made_with)] for part in split.parts]
        return digest_of(["split", parts])

    def recall(self, entry: Entry, out: Path) -> Recommendation | None:
        """Return the recommendation of an earlier night below *out* when its evidence is the same, else None."""
        found = self._known(entry.arn, self.key(entry))
        return None if found is None else recalled_from(found).restored(out)

    def recalled(self, arn: str, key: str) -> Recalled | None:
        """Return what an earlier night made of a shared thing with the same *key*, else None.

        A failed proof is never recalled: the thing may have failed together with others, and is worked out anew with them.
        """
        found = self._known(arn, key)
        return None if found is None or found["refused_kind"] == "proof" else recalled_from(found)

    def recalled_files(self, arn: str, key: str) -> dict[str, bytes] | None:
        """Return the files of a split with the same *key* by their path, else None; there may be none."""
        found = self._known(arn, key)
        return None if found is None else files_of(found)

    def _known(self, arn: str, key: str) -> Mapping[str, Any] | None:
        row = self._latest.get(arn)
        return None if row is None or row["status"] == "gone" or row["key"] != key else row

    def keep(
        self, results: Iterable[Recommendation], splits: Iterable[WrittenSplit] = (), *, is_everybody: bool
    ) -> int:
        """Commit what differs from what is remembered, and what is gone when they are all; return how many rows."""
        rows: list[dict[str, Any]] = []
        actions: list[dict[str, Any]] = []
        seen = set()
        for result in results:
            seen.add(result.principal)
            if not result.is_unchanged and not self._is_as_before(result):
                rows.append(self._row(result))
                actions += self._actions(rows[-1], result)
        for split in splits:
            seen.add(split.arn)
            if not split.is_unchanged:
                rows.append(self._row_of_split(split))
        if is_everybody:
            gone = [
                row
                for arn, row in self._latest.items()
                if arn not in seen and row["status"] != "gone" and (self._judges_shared or _is_principal(arn))
            ]
            rows += [self._gone(row) for row in sorted(gone, key=lambda row: str(row["principal"]))]
        if rows:
            tables = {
                "recommendations": pa.Table.from_pylist(rows, schema=STATE_SCHEMAS["recommendations"]),
                "recommended_actions": pa.Table.from_pylist(actions, schema=STATE_SCHEMAS["recommended_actions"]),
            }
            write_state(self._lake, tables, captured_at=self._as_of, accounts={}, missing=())
        return len(rows)

    def _is_as_before(self, result: Recommendation) -> bool:
        """Whether the latest row says the very same refusal: what is never recalled is not written each night."""
        row = self._latest.get(result.principal)
        said = (result.key, result.refused_kind, result.refused)
        return (
            bool(result.refused)
            and row is not None
            and row["status"] == "refused"
            and (row["key"], row["refused_kind"], row["reason"]) == said
        )

    def _row(self, result: Recommendation) -> dict[str, Any]:
        content = (
            {} if result.bundle is None else _read(result.bundle, folders=2 if result.shared == "permission_set" else 3)
        )
        return {
            **self._head(result.account_id, result.principal),
            "key": result.key,
            "status": "refused" if result.refused else "proven",
            "refused_kind": result.refused_kind,
            "reason": result.refused,
            "options": self._options,
            "actions_before": result.summary.actions_before,
            "actions_after": result.summary.actions_after,
            "files": json.dumps(content),
            "summary": json.dumps(asdict(replace(result.summary, bundle=""))),
        }

    def _row_of_split(self, split: WrittenSplit) -> dict[str, Any]:
        return {
            **self._head(split.account_id, split.arn),
            "key": split.key,
            "status": "proven" if split.files else "refused",
            "refused_kind": "" if split.files else "split",
            "reason": "" if split.files else "no party has a policy that fits and is proven",
            "options": self._options,
            "files": json.dumps({path: content.decode() for path, content in split.files.items()}),
            "summary": "{}",
        }

    def _gone(self, row: Mapping[str, Any]) -> dict[str, Any]:
        head = self._head(row["account_id"], row["principal"])
        why = "" if _is_principal(row["principal"]) else "it is gone, nobody holds it, or each holder has its own"
        return {**head, "key": "", "status": "gone", "refused_kind": "", "reason": why, "options": self._options}

    def _head(self, account: str, arn: str) -> dict[str, Any]:
        last = self._latest.get(arn)
        revision = 1 if last is None else last["revision"] + 1
        return {"captured_at": self._as_of, "account_id": account, "principal": arn, "revision": revision}

    def _actions(self, row: Mapping[str, Any], result: Recommendation) -> list[dict[str, Any]]:
        """Return each action that the bundle keeps, by its evidence; of several lines the one last used speaks."""
        if result.bundle is None:
            return []
        head = {name: row[name] for name in ("captured_at", "account_id", "principal", "revision")}
        best: dict[str, dict[str, str]] = {}
        text = (result.bundle / "evidence.csv").read_text(encoding="utf-8")
        for line in csv.DictReader(io.StringIO(text, newline="")):
            known = best.get(line["action"])
            if line["origin"] != "used_not_granted" and (known is None or known["last_seen"] < line["last_seen"]):
                best[line["action"]] = line
        return [
            {
                **head,
                "action": action,
                "origin": line["origin"],
                "reason": line["reason"],
                "last_used_at": datetime.fromisoformat(line["last_seen"]) if line["last_seen"] else None,
            }
            for action, line in sorted(best.items())
        ]


@cache
def program_version() -> str:
    """Return a name for everything that makes a recommendation: code, facts, and the package's version."""
    digest = hashlib.sha256(version("iamaudit").encode())
    root = Path(str(files("iamaudit")))
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".csv"}:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _is_principal(arn: str) -> bool:
    """Whether it is about one user or role, and not about a thing that several hold or the parts of a role."""
    kind = arn.split(":", 5)[-1].partition("/")[0]
    return kind in {"user", "role"} and not arn.endswith(SPLIT)


def _read(bundle: Path, *, folders: int) -> dict[str, str]:
    """Return a bundle's files by their path below the folder of all bundles, *folders* of which are its own."""
    prefix = "/".join(bundle.parts[-folders:])
    return {f"{prefix}/{path.name}": path.read_bytes().decode() for path in sorted(bundle.iterdir()) if path.is_file()}


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise PromiseBrokenError(f"`as_of` is `{value}`, which is no time")
    return value.astimezone(UTC)
