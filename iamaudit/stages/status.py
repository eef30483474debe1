"""lake status: the books of everything, by night and in total, and how the lake lies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iamaudit.errors import PromiseBrokenError
from iamaudit.lake.commits import Commits, read_commits
from iamaudit.lake.lake import Lake
from iamaudit.lake.leftovers import REPLACED, leftovers
from iamaudit.lake.manifest import EventsManifest, SourceObject
from iamaudit.lake.problem import BROKEN, Problem
from iamaudit.model.remembered import REMEMBERED
from iamaudit.model.tally import Tally, total

NO_CAPTURE = {"log_integrity", *REMEMBERED}  # what `verify` and we ourselves keep: no capture of IAM's state


@dataclass(slots=True)
class Night:
    """What one day's commits brought: objects by fate and by kind, and their records."""

    batches: int = 0
    objects: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    again: int = 0  # objects that an earlier batch had committed too
    records: Tally = field(default_factory=Tally)

    def add(self, entries: list[SourceObject], *, again: int) -> None:
        """Add the objects that no earlier batch had."""
        self.batches += 1
        self.again += again
        self.objects.update(entry.status for entry in entries)
        self.kinds.update(_kind(entry) for entry in entries)
        self.records = total([self.records, *(entry.tally for entry in entries)])

    def as_json(self) -> dict[str, object]:
        """Return the books as JSON."""
        return {
            "batches": self.batches,
            "objects": dict(sorted(self.objects.items())),
            "kinds": dict(sorted(self.kinds.items())),
            "committed_again": self.again,
            "records": self.records.as_json(),
        }


def lake_status(lake: Lake, *, now: datetime) -> dict[str, object]:
    """Return counts over all commits; an object that two writers committed counts once. Raises when the books are broken.

    A night is the day on which its commits were written, by the age that the lake's store tells at *now*.
    """
    seen: set[int] = set()
    nights: dict[str, Night] = {}
    everything = Night()

    def judge(key: str, manifest: EventsManifest) -> list[Problem]:
        fresh = []
        for entry in manifest.objects:
            name = hash((entry.key, entry.etag))
            if name not in seen:
                seen.add(name)
                fresh.append(entry)
        written_at = now - timedelta(seconds=lake.store.age(key))
        for books in (nights.setdefault(written_at.date().isoformat(), Night()), everything):
            books.add(fresh, again=len(manifest.objects) - len(fresh))
        return []

    commits = read_commits(lake.store, judge=lambda key, manifest: iter(judge(key, manifest)))
    for problem in commits.problems:
        if problem.severity == BROKEN:
            raise PromiseBrokenError(f"`{problem.where}`: {problem.what}; run `iamaudit lake check --lake LAKE`")
    captures = [
        one for one in lake.state_manifests() if not one.parts or not {part.table for part in one.parts} <= NO_CAPTURE
    ]
    return {
        "batches": everything.batches,
        "objects": dict(sorted(everything.objects.items())),
        "kinds": dict(sorted(everything.kinds.items())),
        "committed_again": everything.again,
        "records": everything.records.as_json(),
        "reasons_of_objects_set_aside": _reasons(commits),
        **_files(lake, commits),
        "state_captures": len(captures),
        "last_capture": captures[-1].captured_at if captures else None,
        "missing_in_last_capture": [dict(entry) for entry in captures[-1].missing] if captures else [],
        "nights": {night: nights[night].as_json() for night in sorted(nights)},
    }


def _reasons(commits: Commits) -> dict[str, int]:
    aside = {(entry.key, entry.etag): entry for entry in commits.troubled if entry.status == "set_aside"}
    return dict(sorted(Counter((entry.reason or "").partition(":")[0] for entry in aside.values()).items()))


def _files(lake: Lake, commits: Commits) -> dict[str, object]:
    """Return how the events lie: days, files as ingest wrote them and as they were rewritten, and what is left over."""
    replaced = commits.replaced()
    fresh = [part for part, _ in commits.written.values() if part.table == "events" and part.key not in replaced]
    rewritten = [part for (table, _), m in commits.rewritten.items() if table == "events" for part in m.parts]
    parts = [*fresh, *rewritten]
    days = sorted({part.dt for part in parts if part.dt})
    left = Counter(entry.why for entry in leftovers(lake.store, commits))
    return {
        "event_parts": len(parts),
        "event_bytes": sum(part.bytes for part in parts),
        "event_rows": sum(part.rows for part in parts),
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "days_with_events": len(days),
        "days_rewritten": len({part.dt for part in rewritten}),
        "parts_not_rewritten": len(fresh),
        "parts_replaced": left.pop(REPLACED, 0),
        "leftovers": dict(sorted(left.items())),
    }


def _kind(entry: SourceObject) -> str:
    """Return what an object is; one that could not be read is of no kind."""
    if entry.status == "set_aside":
        return "unknown"
    return (entry.reason or entry.kind) if entry.status == "not_a_log" else entry.kind
