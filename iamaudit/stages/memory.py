"""What the lake remembers of recommendations: a principal whose evidence is the same is not worked out again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
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
from iamaudit.proof.evidence_key import evidence_key
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.choices import OF_SCPS, Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.report.content import RecommendationSummary
from iamaudit.stages.evidence import Unreadable
from iamaudit.stages.outcome import Recommendation

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
        self._keys: dict[str, str] = {}
        self._latest = {row["principal"]: row for row in engine.table("latest_recommendations").to_pylist()}

    def key(self, entry: Entry) -> str:
        """Return the key of what a recommendation for *entry* would be made from."""
        if entry.arn not in self._keys:
            if isinstance(entry, Unreadable):
                found = hashlib.sha256(f"{entry.why}\n{self._made_with}".encode()).hexdigest()[:32]
            else:
                found = evidence_key(entry, self._made_with)
            self._keys[entry.arn] = found
        return self._keys[entry.arn]

    def recall(self, entry: Entry, out: Path) -> Recommendation | None:
        """Return the recommendation of an earlier night below *out* when its evidence is the same, else None."""
        row = self._latest.get(entry.arn)
        if row is None or row["status"] == "gone" or row["key"] != self.key(entry):
            return None
        summary = msgspec.json.decode(row["summary"], type=RecommendationSummary)
        bundle, certificate = None, None
        if row["status"] == "proven":
            content = {path: text.encode() for path, text in json.loads(row["files"]).items()}
            bundle = _written(content, out)
            certificate = json.loads(next(text for path, text in content.items() if path.endswith("/certificate.json")))
            summary = replace(summary, bundle=str(bundle))
        return Recommendation(
            entry.arn,
            entry.account_id,
            bundle,
            certificate,
            row["reason"],
            row["refused_kind"],
            summary,
            is_unchanged=True,
        )

    def keep(self, found: Iterable[tuple[Entry, Recommendation]], *, is_everybody: bool) -> int:
        """Commit what differs from what is remembered, and who is gone when *found* is everybody; return how many."""
        rows: list[dict[str, Any]] = []
        actions: list[dict[str, Any]] = []
        seen = set()
        for entry, result in found:
            seen.add(entry.arn)
            if not result.is_unchanged:
                rows.append(self._row(entry, result))
                actions += self._actions(rows[-1], result)
        if is_everybody:
            gone = [row for arn, row in self._latest.items() if arn not in seen and row["status"] != "gone"]
            rows += [self._gone(row) for row in sorted(gone, key=lambda row: str(row["principal"]))]
        if rows:
            tables = {
                "recommendations": pa.Table.from_pylist(rows, schema=STATE_SCHEMAS["recommendations"]),
                "recommended_actions": pa.Table.from_pylist(actions, schema=STATE_SCHEMAS["recommended_actions"]),
            }
            write_state(self._lake, tables, captured_at=self._as_of, accounts={}, missing=())
        return len(rows)

    def _row(self, entry: Entry, result: Recommendation) -> dict[str, Any]:
        content = {} if result.bundle is None else _read(result.bundle)
        return {
            **self._head(entry.account_id, entry.arn),
            "key": self.key(entry),
            "status": "refused" if result.refused else "proven",
            "refused_kind": result.refused_kind,
            "reason": result.refused,
            "options": self._options,
            "actions_before": result.summary.actions_before,
            "actions_after": result.summary.actions_after,
            "files": json.dumps(content),
            "summary": json.dumps(asdict(replace(result.summary, bundle=""))),
        }

    def _gone(self, row: Mapping[str, Any]) -> dict[str, Any]:
        head = self._head(row["account_id"], row["principal"])
        return {**head, "key": "", "status": "gone", "refused_kind": "", "reason": "", "options": self._options}

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


def _written(content: Mapping[str, bytes], out: Path) -> Path:
    """Return the bundle's folder, written again unless it is there as it was."""
    folder = out / Path(next(iter(content))).parent
    there = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    if there == {Path(path).name: data for path, data in content.items()}:
        return folder
    return write_bundle(content, out)


def _read(bundle: Path) -> dict[str, str]:
    """Return a bundle's files by their path `<account>/<kind>/<name>/<file>`."""
    prefix = "/".join(bundle.parts[-3:])
    return {f"{prefix}/{path.name}": path.read_bytes().decode() for path in sorted(bundle.iterdir()) if path.is_file()}


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise PromiseBrokenError(f"`as_of` is `{value}`, which is no time")
    return value.astimezone(UTC)
