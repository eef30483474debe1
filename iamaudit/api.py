"""The public functions: what a notebook, the command line and the flows call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from iamaudit.apply.run import Approve
from iamaudit.config import Settings
from iamaudit.integrity.verdict import ObjectVerdict
from iamaudit.knowledge.actions import catalogue
from iamaudit.lake.check import CheckResult, check
from iamaudit.lake.sweep import SweepResult, sweep
from iamaudit.model.finding import Finding
from iamaudit.model.place import AwsAccess, Place
from iamaudit.model.policy import Policy
from iamaudit.opened import OpenLake, instant, open_lake
from iamaudit.policy.compare import Comparison
from iamaudit.policy.compare import compare as compare_policies
from iamaudit.policy.decide import decide
from iamaudit.policy.parse import parse
from iamaudit.ports import Progress
from iamaudit.proof.confidence import Confidence
from iamaudit.stages.apply import Applied, apply_below, rollback
from iamaudit.stages.apply import aws_accounts as accounts_by
from iamaudit.stages.collect import CollectResult, collect_from_aws, collect_from_files
from iamaudit.stages.compact import MORE_THAN, CompactedDay, compact
from iamaudit.stages.config_state import nothing_new, state_from_config
from iamaudit.stages.explain import Explanation
from iamaudit.stages.history import RecommendationChange
from iamaudit.stages.holdout import FOLDS, LENGTHS, TEST_DAYS, remember
from iamaudit.stages.holdout import evaluate as run_evaluate
from iamaudit.stages.ingest import IngestResult
from iamaudit.stages.ingest import ingest as run_ingest
from iamaudit.stages.instants import moment
from iamaudit.stages.outcome import Recommendation
from iamaudit.stages.places import create_lake, find_lake, open_sources, window_of
from iamaudit.stages.retire_due import apply_due
from iamaudit.stages.status import lake_status as run_status
from iamaudit.stages.verify import VerifyResult
from iamaudit.stages.verify import verify as run_verify
from iamaudit.stages.watch import Watched

__all__ = [
    "OpenLake",
    "audit",
    "collect",
    "compare",
    "decide",
    "evaluate",
    "explain",
    "grants",
    "history",
    "ingest",
    "lake_check",
    "lake_compact",
    "lake_status",
    "lake_sweep",
    "open_lake",
    "recommend",
    "report",
    "usage",
    "verify",
]


def ingest(
    sources: Iterable[Place] | Place,
    lake: Place,
    *,
    access: AwsAccess | None = None,
    since: str | None = None,
    until: str | None = None,
    progress: Progress | None = None,
) -> IngestResult:
    """Read logs into the lake at *lake*, which is made if there is none; return the books.

    A source is a file, a folder, `s3://bucket/prefix`, a queue of S3's events or `lookup://`; *access* says as whom AWS
    is asked. With *since* or *until* only what was delivered then is read, with a day of slack.
    """
    places = [sources] if isinstance(sources, str | Path) else list(sources)
    wanted, now = access or AwsAccess(), datetime.now(UTC)
    ready = open_sources(places, wanted, as_of=now, window=window_of(since, until, now=now))
    return run_ingest(ready, create_lake(lake, wanted), progress=progress)


def collect(
    lake: Place,
    *,
    from_files: Place | None = None,
    from_config: bool = False,
    profile: str | None = None,
    role: str | None = None,
    organization: bool = False,
    last_accessed: bool = False,
    export_to: Place | None = None,
    as_of: str | datetime | None = None,
) -> CollectResult:
    """Read the state of IAM into the lake, from a folder of exported files or from AWS by read calls.

    With *from_config* nobody is asked: what AWS Config recorded, out of the files that the lake has read.
    *last_accessed* asks IAM when each user and role last used each service: two calls or more for each, minutes.
    """
    target = create_lake(lake)
    if from_config:
        now = instant(as_of)
        return state_from_config(target, Settings(), now) or nothing_new(now)
    if from_files is not None:
        return collect_from_files(Path(from_files), target, captured_at=instant(as_of))
    return collect_from_aws(
        target,
        captured_at=instant(as_of),
        profile=profile,
        role=role,
        organization=organization,
        last_accessed=last_accessed,
        export_to=None if export_to is None else Path(export_to),
    )


def usage(
    lake: Place,
    *,
    settings: Settings | None = None,
    as_of: str | datetime | None = None,
    by: Literal["principal", "actor"] = "principal",
) -> pd.DataFrame:
    """Return who used which action on which resource in the window: one row per use, as in design.md §4.

    By `actor` it is one row for each person or workload behind a principal: the columns of `usage_actors`.
    """
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.query("from usage_actors" if by == "actor" else "from usage_actions")


def grants(lake: Place, *, settings: Settings | None = None, as_of: str | datetime | None = None) -> pd.DataFrame:
    """Return the four states: used, unused, unknown, used_not_granted; one row per principal and action."""
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.grants()


def audit(lake: Place, *, settings: Settings | None = None, as_of: str | datetime | None = None) -> list[Finding]:
    """Return every finding, the most severe first."""
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.findings()


def explain(
    lake: Place,
    principal: str,
    action: str,
    resource: str | None = None,
    *,
    settings: Settings | None = None,
    as_of: str | datetime | None = None,
) -> Explanation:
    """Say whether *principal* (an ARN) can do *action* on *resource* (or on anything), why, and whether it has."""
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.explain(principal, action, resource)


def recommend(
    lake: Place, out: Place, *, settings: Settings | None = None, as_of: str | datetime | None = None
) -> list[Recommendation]:
    """Write a proven bundle for each principal below *out*; entries without a bundle say why."""
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.recommend(out)


def history(
    lake: Place, since: str | datetime = "7d", *, as_of: str | datetime | None = None
) -> list[RecommendationChange]:
    """Return what changed in the recommendations since a time, or `7d`, `2w`, `36h` ago, with the reasons."""
    with open_lake(lake, as_of=as_of) as opened:
        return opened.history(since)


def evaluate(
    lake: Place,
    *,
    lengths: Sequence[int] = LENGTHS,
    test_days: int = TEST_DAYS,
    folds: int = FOLDS,
    principals: Iterable[str] = (),
    settings: Settings | None = None,
    as_of: str | datetime | None = None,
    progress: Progress | None = None,
) -> Confidence:
    """Learn policies from earlier days and replay later calls against them; the lake remembers the scores.

    *lengths* are days to learn from, the last *folds* stretches of *test_days* are tested on. Raises `ConfigError` when the
    lake has too few days.
    """
    found_lake = find_lake(lake)
    found = run_evaluate(
        found_lake,
        settings or Settings(),
        instant(as_of),
        lengths=lengths,
        test_days=test_days,
        folds=folds,
        only=frozenset(principals),
        progress=progress,
    )
    remember(found_lake, found)
    return found


def report(
    lake: Place, out: Place, *, settings: Settings | None = None, as_of: str | datetime | None = None
) -> dict[str, Path]:
    """Write bundles and the report below *out*; return the report's files by kind."""
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.report(out)


def verify(
    source: Place,
    *,
    public_keys: Place | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    lake: Place | None = None,
    access: AwsAccess | None = None,
    as_of: str | datetime | None = None,
    each: Callable[[ObjectVerdict], None] | None = None,
    progress: Progress | None = None,
) -> VerifyResult:
    """Verify CloudTrail's digests in a folder or `s3://bucket/prefix`, and the logs that they name.

    *each* is told every verdict as it is found. With *lake* the verdicts are kept there, so that findings and coverage
    know of them. Raises `ConfigError` when there are digests and no public keys.
    """
    return run_verify(
        source,
        access=access,
        public_keys=None if public_keys is None else Path(public_keys),
        since=None if since is None else instant(since),
        until=None if until is None else instant(until),
        lake=None if lake is None else create_lake(lake, access or AwsAccess()),
        captured_at=instant(as_of),
        each=each,
        progress=progress,
    )


def lake_status(lake: Place, *, as_of: str | datetime | None = None) -> dict[str, object]:
    """Return the books of everything ever ingested and collected, by night and in total."""
    return run_status(find_lake(lake), now=instant(as_of))


def lake_check(lake: Place, *, fast: bool = False, progress: Progress | None = None) -> CheckResult:
    """Re-read everything and return what is wrong and how to mend it; *fast* believes hashes and footers."""
    return check(find_lake(lake), fast=fast, progress=progress)


def lake_compact(
    lake: Place, *, before: str, more_than: int = MORE_THAN, progress: Progress | None = None
) -> list[CompactedDay]:
    """Rewrite the days before *before* (YYYY-MM-DD) that lie in many files into few; no answer changes."""
    return compact(find_lake(lake), before=before, more_than=more_than, progress=progress)


def lake_sweep(
    lake: Place, *, older_than_days: float = 7, yes: bool = False, progress: Progress | None = None
) -> SweepResult:
    """Delete what no answer depends on once it is old; without *yes* only say what would go."""
    return sweep(find_lake(lake), older_than_days=older_than_days, yes=yes, progress=progress)


def compare(old: Sequence[Any] | Any, new: Sequence[Any] | Any) -> Comparison:
    """Say whether the policies *new* allow anything that *old* do not; each is a document or a list of documents."""
    return compare_policies(_policies(old), _policies(new), catalogue().all_actions())


def _policies(documents: Any) -> tuple[Policy, ...]:
    many = documents if isinstance(documents, list | tuple) else [documents]
    return tuple(entry if isinstance(entry, Policy) else parse(entry) for entry in many)


def apply(
    place: str | Path,
    approve: Approve,
    *,
    profile: str | None = None,
    role: str | None = None,
    irreversible: bool = False,
    as_of: str | datetime | None = None,
) -> list[Applied]:
    """Make the changes of the bundle at *place*, or of all bundles below it, that *approve* says yes to, one by one.

    *approve* is asked with each change that is ready; what drifted is not touched. Stops after the first bundle with a failure. What
    was done stands in each bundle's journal. When *place* is a `retire.json`, its steps that are due on the day of *as_of* (default:
    the clock's) are taken, and no others. Raises InputError and SourceError before anything is done.
    """
    accounts = accounts_by(profile=profile, role=role)
    if Path(place).is_file():
        return apply_due(Path(place), accounts, approve, _clock, on=instant(as_of).date(), irreversible=irreversible)
    return apply_below(Path(place), accounts, approve, _clock, irreversible=irreversible)


def roll_back(
    journal: str | Path, *, profile: str | None = None, role: str | None = None, force: bool = False
) -> Applied:
    """Take back what a journal says was done, last first; with *force* also what somebody changed since."""
    return rollback(Path(journal), accounts_by(profile=profile, role=role), _clock, force=force)


def watch(
    lake: Place,
    bundles: str | Path,
    *,
    since: str | datetime | None = None,
    settings: Settings | None = None,
    as_of: str | datetime | None = None,
) -> Watched:
    """Return what was refused since the bundles below *bundles* were carried out, with the cause and what gives it back."""
    begin = since if since is None or isinstance(since, datetime) else moment(since, now=datetime.now(UTC))
    with open_lake(lake, settings=settings, as_of=as_of) as opened:
        return opened.watch(bundles, since=begin)


def _clock() -> datetime:
    return datetime.now(UTC)
