"""watch: which calls were refused since a recommendation was carried out, which of them it caused, and what gives them back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.model.plan import Plan, plan_from_json
from iamaudit.recommend.evidence import ObservedUse
from iamaudit.stages.apply import find_bundles, journals
from iamaudit.stages.inline_room import inline_today
from iamaudit.stages.instants import iso
from iamaudit.stages.watch_holders import Holders
from iamaudit.stages.workbench import APPLIED_SCHEMA
from iamaudit.watch.applied import Applied, applied_from, named, seen_in_events, takes_away, with_boundary
from iamaudit.watch.refusals import Cause, Judged, Refusal, judge_refusal, statement_json

_ORDER: Final = {cause: place for place, cause in enumerate(Cause)}


@dataclass(frozen=True, slots=True)
class Watched:
    """Every refusal since a change, those that we caused first; `latest` is the newest change of each principal, shared thing and boundary.

    `inline` are the characters of all inline policies of today, of those principals and groups of which that is known.
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
    whole = list(carried_out(engine, bundles, with_events=with_events))
    given = list(_restored(bundles))
    latest = {one.key: one for one in sorted([*whole, *given], key=lambda one: one.at)}
    holders, known = Holders(engine), catalogue()
    applied = list(holders.expanded(whole))
    found: dict[tuple[Any, ...], Judged] = {}
    for one, refusal in _refusals(engine, applied):
        if since is not None and refusal.last_seen < since:
            continue
        newest = latest[one.key]
        if one.thing:
            newest = replace(one, at=newest.at, by=newest.by, after=newest.after)
        alone = [each for each in given if each.principal == one.principal and not each.boundary]
        judged = judge_refusal(refusal, one, newest, known, alone)
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
    changed: dict[str, datetime] = {}
    for judged in ordered:
        for arn in {judged.refusal.principal, judged.applied.thing} - {""}:
            last = latest.get(arn, judged.applied)
            changed[arn] = max(last.at, changed.get(arn, last.at))
    inline = inline_today(engine, changed)
    return Watched(tuple(ordered), latest, inline)


def carried_out(engine: Engine, bundles: Path, *, with_events: bool = True) -> Iterator[Applied]:
    """Yield the recommendations in force: by journal, or by what CloudTrail saw of a bundle that has none."""
    told: set[str] = set()
    for record in journals(bundles):
        told.add(record.plan.principal)
        done = [number for number, fate in record.fates.items() if fate == "done"]
        taking = [number for number in done if takes_away(record.plan.changes[number])]
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
        "shared": judged.applied.thing or None,
        "boundary": judged.applied.boundary[0].policy_id if judged.applied.boundary else None,
    }


def sentence(judged: Judged) -> str:
    """Return what happened in one sentence."""
    refusal, use = judged.refusal, judged.refusal.use
    count = f"{use.count:,} times" if refusal.count_surely == use.count else f"up to {use.count:,} times"
    times = "once" if use.count == refusal.count_surely == 1 else count
    where = "" if use.resource == "*" else f" on {use.resource}"
    end = f": {judged.why}" if judged.why else ""
    return (
        f"{refusal.principal} was refused {use.action}{where} {times} since {_change(judged.applied)} on "
        f"{judged.applied.at:%A %Y-%m-%d %H:%M} UTC, last on {refusal.last_seen:%Y-%m-%d %H:%M}{end}"
    )


def _change(applied: Applied) -> str:
    if applied.boundary:
        return f"the boundary `{applied.boundary[0].policy_id}` was put around its policies"
    if applied.thing:
        return f"the bundle of {named(applied.thing)} was carried out"
    return "its policies changed"


def mentions(watched: Watched) -> list[str]:
    """Return one sentence per refusal that a change of ours caused or may have caused: what the night tells."""
    return [sentence(one) for one in watched.of(Cause.OURS, Cause.PERHAPS)]


def _refusals(engine: Engine, applied: Sequence[Applied]) -> Iterator[tuple[Applied, Refusal]]:
    by_key: defaultdict[tuple[str, datetime], list[Applied]] = defaultdict(list)
    for one in applied:
        by_key[one.principal, one.at].append(one)
    if not by_key:
        return
    rows = [{"principal": principal, "applied_at": at} for principal, at in by_key]
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
        for one in by_key[entry["principal"], entry["applied_at"]]:
            yield one, refusal


def _restored(bundles: Path) -> Iterator[Applied]:
    for record in journals(bundles / "restore"):
        times = [record.done_at[number] for number, fate in record.fates.items() if fate == "done"]
        if times and not record.is_rolled_back:
            at = datetime.fromisoformat(max(times))
            started = record.started
            yield with_boundary(
                applied_from(
                    record.plan, started["current"], started["proposed"], at=at, by=str(record.path), is_whole=True
                )
            )
