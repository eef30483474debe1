"""Re-reads the whole lake and says what is wrong: the promises of design and books, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iamaudit.lake.check_books import batch_problems, quarantine_problems
from iamaudit.lake.check_checkpoints import Sums, checkpoint_problems
from iamaudit.lake.check_parts import part_problems
from iamaudit.lake.commits import Commits, compact_key, read_commits
from iamaudit.lake.lake import MARK, MARK_TEXT, Lake
from iamaudit.lake.leftovers import HALF_WRITTEN, ORPHAN, REPLACED, STRANGE, Leftover, leftovers
from iamaudit.lake.manifest import EventsManifest, Part
from iamaudit.lake.problem import BROKEN, NOTE, Problem
from iamaudit.ports import Progress

_LEFT = {
    ORPHAN: (
        "no manifest names this file",
        "it was replaced, or a run was killed there: run it again; `iamaudit lake sweep --lake LAKE` takes the file when it is old",
    ),
    HALF_WRITTEN: (
        "a writer was killed while it wrote this file",
        "`iamaudit lake sweep --lake LAKE` takes it when it is old",
    ),
    STRANGE: ("this file is not the lake's", "nobody reads it: move it away"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was looked at, and what is wrong with it."""

    counts: Mapping[str, int]
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every promise holds; notes do not break one."""
        return not any(problem.severity == BROKEN for problem in self.problems)

    def as_json(self) -> dict[str, object]:
        """Return the shape of `lake check --json`."""
        return {
            "whole": self.is_whole,
            "checked": dict(self.counts),
            "problems": [problem.as_json() for problem in self.problems],
        }


def check(lake: Lake, *, fast: bool = False, progress: Progress | None = None) -> CheckResult:
    """Look at every manifest, part, set-aside piece and checkpoint; *fast* does not re-read the parts' rows.

    One part at a time is in memory, whatever the size of the lake.
    """
    sums = Sums()

    def judge(key: str, manifest: EventsManifest) -> Iterator[Problem]:
        sums.add(manifest)
        return batch_problems(key, manifest)

    commits = read_commits(lake.store, judge=judge, progress=progress)
    problems = [*_mark(lake), *commits.problems, *_derived(commits)]
    parts = dict(_parts(commits))
    for done, (part, remedy) in enumerate(parts.values(), 1):
        problems += part_problems(lake.store, part, remedy, fast=fast)
        if progress is not None:
            progress(done, len(parts), "parts")
    problems += quarantine_problems(lake.store, commits)
    problems += checkpoint_problems(lake.store, sums)
    left = list(leftovers(lake.store, commits))
    problems += map(_note, (entry for entry in left if entry.why != REPLACED))
    counts = {
        "manifests": commits.manifests,
        "objects": commits.objects,
        "parts": len(parts),
        "rows": sum(part.rows for part, _ in parts.values()),
        "bytes": sum(part.bytes for part, _ in parts.values()),
        "replaced_parts": sum(entry.why == REPLACED for entry in left),
    }
    return CheckResult(counts, tuple(problems))


def _mark(lake: Lake) -> Iterator[Problem]:
    try:
        mark = lake.store.read(MARK)
    except KeyError:
        mark = b""
    if mark != MARK_TEXT:
        yield Problem(BROKEN, "the lake's mark is missing or changed", MARK, f"write it again: {MARK_TEXT.decode()!r}")


def _derived(commits: Commits) -> Iterator[Problem]:
    """Yield where a table was made from something else than what ingest committed."""
    for manifest, key in commits.lost_inputs():
        yield Problem(
            BROKEN,
            f"it was made from `{key}`, which no commit of ingest names: a commit was lost",
            manifest,
            "restore manifests/events/ from a backup, or ingest the sources again; sweep nothing before",
        )
    for (table, day), compact in commits.rewritten.items():
        inputs = [commits.written[key][0] for key in compact.inputs if key in commits.written]
        into = sum(part.rows for part in compact.parts)
        foreign = [part for part in (*inputs, *compact.parts) if (part.table, part.dt) != (table, day)]
        if foreign:
            yield Problem(
                BROKEN, f"it names `{foreign[0].key}`, a part of another table or day", *_rewritten(table, day)
            )
        elif len(inputs) == len(compact.inputs) and sum(part.rows for part in inputs) != into:
            what = f"{sum(part.rows for part in inputs)} rows were rewritten into {into}"
            yield Problem(BROKEN, what, *_rewritten(table, day))


def _rewritten(table: str, day: str) -> tuple[str, str]:
    key = compact_key(table, day)
    return key, "if the files that ingest wrote for the day are still there, delete this manifest; else restore it"


def _parts(commits: Commits) -> Iterator[tuple[str, tuple[Part, str]]]:
    """Yield each part that answers are read from, with what to do when it is damaged."""
    replaced = commits.replaced()
    for key, (part, manifest) in commits.written.items():
        if key not in replaced:
            remedy = f"restore it from a backup, or delete it and `{manifest}` and ingest the batch's sources again"
            yield key, (part, remedy)
    for part, manifest in commits.derived():
        if manifest.startswith("manifests/usage/"):
            remedy = f"delete it and `{manifest}`: the next run makes the day's roll-ups again"
        else:
            remedy = f"restore it from a backup, or delete `{manifest}` while the files that ingest wrote are there"
        yield part.key, (part, remedy)
    for key, (part, manifest) in commits.state.items():
        yield key, (part, f"restore it from a backup, or delete it and `{manifest}` and collect again")


def _note(entry: Leftover) -> Problem:
    what, remedy = _LEFT[entry.why]
    return Problem(NOTE, what, entry.key, remedy)
