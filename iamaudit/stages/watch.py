"""watch: which calls were refused since a recommendation was carried out, which of them it caused, and what gives them back."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from iamaudit.deliver.files import delivery_files
from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.holder import holder_of
from iamaudit.model.plan import Plan, plan_from_json
from iamaudit.model.policy import Policy
from iamaudit.policy.render import render, size, to_json
from iamaudit.proof.bundle import safe_name
from iamaudit.proof.write import write_bundle
from iamaudit.recommend.evidence import CurrentPolicy, ObservedUse
from iamaudit.stages.apply import find_bundles, journals
from iamaudit.stages.inline_room import fits_inline, inline_today
from iamaudit.stages.workbench import APPLIED_SCHEMA, iso
from iamaudit.watch.applied import Applied, applied_from, seen_in_events
from iamaudit.watch.refusals import Cause, Judged, Refusal, judge_refusal, never_more, restoring, statement_json

RESTORED: Final = "iamaudit-restored"
_ORDER: Final = {cause: place for place, cause in enumerate(Cause)}
_TAKES_AWAY: Final = {"put_inline_policy", "create_policy_version", "detach_policy", "delete_inline_policy"}


@dataclass(frozen=True, slots=True)
class Watched:
    """Every refusal since a change, those that we caused first; `latest` is the newest change of each principal.

    `inline` are the characters of all inline policies of today, of those principals of whom that is known.
    """

    judged: tuple[Judged, ...]
    latest: Mapping[str, Applied]
    inline: Mapping[str, int] = field(default_factory=dict)

    def of(self, *causes: Cause) -> tuple[Judged, ...]:
        """Return the refusals with one of the causes."""
        return tuple(one for one in self.judged if one.cause in causes)


def watch(engine: Engine, bundles: Path, *, since: datetime | None = None, with_events: bool = True) -> Watched:
    """Judge what was refused since each bundle below *bundles* was carried out, and since *since*.

    When a bundle was carried out, its journal tells; without one, and *with_events*, CloudTrail's own record of the very
    documents of a bundle there or of one that the lake remembers, which takes reading all events. Raises InputError for journals or bundles that cannot be read.
    """
    applied = list(carried_out(engine, bundles, with_events=with_events))
    everything = [*applied, *_restored(bundles)]
    latest = {one.principal: one for one in sorted(everything, key=lambda one: one.at)}
    known = catalogue()
    found: dict[tuple[Any, ...], Judged] = {}
    for one, refusal in _refusals(engine, applied):
        if since is not None and refusal.last_seen < since:
            continue
        judged = judge_refusal(refusal, one, latest[one.principal], known)
        key = (
            refusal.principal,
            refusal.use.action,
            refusal.use.resource,
            refusal.use.via,
            str(refusal.use.conditions),
        )
        # of several changes the one that caused it; of those that did not, any
        if key not in found or _ORDER[judged.cause] < _ORDER[found[key].cause]:
            found[key] = judged
    ordered = sorted(
        found.values(),
        key=lambda one: (
            _ORDER[one.cause],
            one.refusal.principal,
            -one.refusal.use.count,
            one.refusal.use.action,
            one.refusal.use.resource,
        ),
    )
    inline = inline_today(engine, {one.refusal.principal: latest[one.refusal.principal].at for one in ordered})
    return Watched(tuple(ordered), latest, inline)


def carried_out(engine: Engine, bundles: Path, *, with_events: bool = True) -> Iterator[Applied]:
    """Yield the recommendations in force: by journal, or by what CloudTrail saw of a bundle that has none."""
    told: set[str] = set()
    for record in journals(bundles):
        told.add(record.plan.principal)
        done = [number for number, fate in record.fates.items() if fate == "done"]
        taking = [number for number in done if record.plan.changes[number].kind.value in _TAKES_AWAY]
        if taking and not record.is_rolled_back:
            yield applied_from(
                record.plan,
                record.started["current"],
                record.started["proposed"],
                at=datetime.fromisoformat(min(record.done_at[number] for number in taking)),
                by=str(record.path),
                is_whole=all(record.fates.get(n) in {"done", "already"} for n in range(len(record.plan.changes)))
                and not record.undone,
            )
    if not with_events:
        return
    written = list(_written_plans(engine, bundles))
    writes = engine.table("policy_writes").to_pylist() if written else []
    for one in written:
        later = [write for write in writes if one.since is None or write["event_time"] >= one.since]
        at, is_whole = seen_in_events(one.plan, later)
        if at is not None and one.plan.principal not in told:
            # of several recommendations with the same document the newest that could have been carried out is meant
            told.add(one.plan.principal)
            yield applied_from(one.plan, one.current, one.proposed, at=at, by=one.by, is_whole=is_whole)


@dataclass(frozen=True, slots=True)
class _Written:
    """A plan that somebody may have carried out by other means; `since` is when it was made, None when nobody knows."""

    plan: Plan
    current: Mapping[str, Any]
    proposed: Sequence[Any]
    by: str
    since: datetime | None = None


def _written_plans(engine: Engine, bundles: Path) -> Iterator[_Written]:
    """Yield the bundles of the folder, then those that the lake remembers, the newest first."""
    try:
        for bundle in find_bundles(bundles):
            yield _Written(bundle.plan, bundle.current, bundle.proposed, str(bundle.folder))
    except InputError:
        pass  # there are none: only journals, or the folder is written anew elsewhere
    rows = engine.query(
        "select principal, captured_at, files from recommendations where status = 'proven' and captured_at <= $as_of"
        " and principal not like '%#split'"
        " order by captured_at desc, revision desc, principal",
        {"as_of": engine.parameters["as_of"]},
    )
    for row in rows.to_pylist():
        files = {path.rpartition("/")[2]: text for path, text in json.loads(row["files"]).items()}
        if "plan.json" not in files or "current.json" not in files:
            continue  # of a version that wrote no plans
        names = sorted(
            (name for name in files if name.startswith("policy-") and name.endswith(".json")),
            key=lambda name: (len(name), name),
        )
        by = f"the recommendation of {iso(row['captured_at'])}"
        plan = plan_from_json(files["plan.json"], where=by)
        proposed = [json.loads(files[name]) for name in names]
        yield _Written(plan, json.loads(files["current.json"]), proposed, by, row["captured_at"])


def restore(watched: Watched, out: Path, *, perhaps: bool = False) -> list[tuple[str, Path | None, str]]:
    """Write a bundle for each principal that gives back what we caused; return principal, folder, and why there is none.

    Below *out* in `restore/<account>/<kind>/<name>`. Never allows what the policies before the change did not: a bundle for
    which that is not proven is not written.
    """
    by_principal: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in watched.of(Cause.OURS, *([Cause.PERHAPS] if perhaps else [])):
        by_principal[one.refusal.principal].append(one)
    known = catalogue()
    results: list[tuple[str, Path | None, str]] = []
    for principal, judged in sorted(by_principal.items()):
        latest, restored = watched.latest[principal], restoring(judged, perhaps=perhaps)
        applied = [one.applied for one in judged]
        if not restored:
            results.append((principal, None, "no statement of the policies before surely granted it"))
        elif not all(never_more(one, latest, restored, known) for one in applied):
            why = "it is not proven that what is given back was granted before the change: look at it by hand"
            results.append((principal, None, why))
        else:
            results.append((principal, _written(latest, restored, out, watched.inline.get(principal)), ""))
    return results


def row(judged: Judged) -> dict[str, Any]:
    """Return the line of `watch --json`."""
    refusal, use = judged.refusal, judged.refusal.use
    return {
        "principal": refusal.principal,
        "action": use.action,
        "resource": use.resource,
        "via": use.via,
        "cause": judged.cause.value,
        "why": judged.why,
        "count": use.count,
        "count_surely": refusal.count_surely,
        "first_seen": iso(refusal.first_seen),
        "last_seen": iso(refusal.last_seen),
        "event_ids": list(use.event_ids),
        "applied_at": iso(judged.applied.at),
        "applied_by": judged.applied.by,
        "statement": statement_json(judged),
    }


def sentence(judged: Judged) -> str:
    """Return what happened in one sentence."""
    refusal, use = judged.refusal, judged.refusal.use
    count = f"{use.count:,} times" if refusal.count_surely == use.count else f"up to {use.count:,} times"
    times = "once" if use.count == refusal.count_surely == 1 else count
    where = "" if use.resource == "*" else f" on {use.resource}"
    end = f": {judged.why}" if judged.why else ""
    return (
        f"{refusal.principal} was refused {use.action}{where} {times} since its policies changed on "
        f"{judged.applied.at:%A %Y-%m-%d %H:%M} UTC, last on {refusal.last_seen:%Y-%m-%d %H:%M}{end}"
    )


def mentions(watched: Watched) -> list[str]:
    """Return one sentence per refusal that a change of ours caused or may have caused: what the night tells."""
    return [sentence(one) for one in watched.of(Cause.OURS, Cause.PERHAPS)]


def _refusals(engine: Engine, applied: Sequence[Applied]) -> Iterator[tuple[Applied, Refusal]]:
    by_key = {(one.principal, one.at): one for one in applied}
    if not by_key:
        return
    rows = [{"principal": one.principal, "applied_at": one.at} for one in by_key.values()]
    engine.provide("applied_changes", pa.Table.from_pylist(rows, schema=APPLIED_SCHEMA))
    engine.forget("denied_since")
    for entry in engine.table("denied_since").to_pylist():
        use = ObservedUse(
            action=entry["action"],
            resource=entry["resource"],
            outcome="denied",
            evidence=entry["evidence"],
            confidence=entry["confidence"],
            via=entry["via"],
            conditions=json.loads(entry["conditions"]) if entry["conditions"] else {},
            count=entry["count"],
            first_seen=entry["first_seen"],
            last_seen=entry["last_seen"],
            event_ids=tuple(entry["event_ids"]),
        )
        refusal = Refusal(entry["principal"], use, entry["count_surely"], entry["first_seen"], entry["last_seen"])
        yield by_key[entry["principal"], entry["applied_at"]], refusal


def _restored(bundles: Path) -> Iterator[Applied]:
    for record in journals(bundles / "restore"):
        times = [record.done_at[number] for number, fate in record.fates.items() if fate == "done"]
        if times and not record.is_rolled_back:
            at = datetime.fromisoformat(max(times))
            started = record.started
            yield applied_from(
                record.plan, started["current"], started["proposed"], at=at, by=str(record.path), is_whole=True
            )


def _written(latest: Applied, restored: Sequence[Policy], out: Path, inline: int | None) -> Path:
    holder = holder_of(latest.principal)
    changes: list[Change] = []
    why = "gives back what was refused since the last change"
    is_inline = fits_inline(holder, inline, sum(size(policy) for policy in restored))
    for policy in restored:
        text = to_json(policy, indent=None)
        # named after its content, so that a second one never replaces the first
        name = f"{RESTORED}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
        if is_inline:
            changes.append(Change(ChangeKind.PUT_INLINE_POLICY, latest.principal, name, text, None, why))
        else:
            arn = f"arn:{holder.partition}:iam::{holder.account}:policy/{holder.name[:90]}-{name}"
            changes.append(Change(ChangeKind.CREATE_POLICY, "", arn, text, None, why))
            changes.append(Change(ChangeKind.ATTACH_POLICY, latest.principal, arn, None, None, why))
    plan = Plan(latest.principal, tuple(changes))
    folder = "/".join(["restore", *(safe_name(part) for part in (holder.account, holder.kind, holder.name))])
    files: dict[str, bytes] = {"plan.json": _bytes(plan.as_json()), "current.json": _bytes(_current(latest))}
    documents = [*(render(one.policy) for one in latest.after), *(render(policy) for policy in restored)]
    files |= {f"policy-{number}.json": _bytes(document) for number, document in enumerate(documents, 1)}
    # nothing is taken away, so what else is held does not matter
    files |= delivery_files(plan, None, title=f"what {latest.principal} was refused")
    return write_bundle({f"{folder}/{name}": content for name, content in files.items()}, out)


def _current(latest: Applied) -> dict[str, Any]:
    return {"principal": latest.principal, "policies": [_entry(one) for one in latest.after]}


def _entry(one: CurrentPolicy) -> dict[str, Any]:
    fields = {"policy_id": one.policy_id, "name": one.name, "kind": one.kind, "through": one.through}
    return {**fields, "document": render(one.policy)}


def _bytes(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
