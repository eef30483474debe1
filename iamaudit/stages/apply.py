"""apply: the changes of bundles made in AWS, each approved and journaled, and taken back from their journal."""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from iamaudit.apply.account import Account, open_account
from iamaudit.apply.journal import Journal, Record, read_journal
from iamaudit.apply.judge import IRREVERSIBLE, Standing
from iamaudit.apply.run import Approve, Outcome, Planned, apply_plan, look, roll_back
from iamaudit.collect.session import open_session
from iamaudit.errors import InputError
from iamaudit.model.arn import parse_arn
from iamaudit.model.change import Change
from iamaudit.model.plan import Plan, plan_from_json

Accounts = Callable[[Plan], Account]
Clock = Callable[[], datetime]
RETIRED = "retired"  # the folder of the journals of what was retired: no recommendations


@dataclass(frozen=True, slots=True)
class Bundle:
    """One recommendation on disk: its plan, and the policies before and after as JSON values.

    `expected` are the documents of today's policies by id, to see whether a policy to be detached is still the one that
    the plan was made for. `boundary` is the permissions boundary that is put around policies that stay.
    """

    folder: Path
    plan: Plan
    current: Mapping[str, Any] = field(default_factory=dict)
    proposed: tuple[Any, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    boundary: Any = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one bundle or journal."""

    place: Path
    journal: Path | None
    principal: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_complete(self) -> bool:
        """Whether everything is as the plan wants it, or was taken back."""
        return all(outcome.fate in {"done", "already", "undone"} for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return the line of `apply --json`."""
        return {
            "principal": self.principal,
            "bundle": str(self.place),
            "journal": None if self.journal is None else str(self.journal),
            "changes": [
                {
                    "n": one.number,
                    "change": one.change.kind.value,
                    "holder": one.change.holder,
                    "policy": one.change.policy,
                }
                | {"fate": one.fate, "why": one.why}
                for one in self.outcomes
            ],
        }


def find_bundles(place: Path) -> list[Bundle]:
    """Return the bundle at *place*, or all of those below it that change something; raise InputError when there is none."""
    found = [path.parent for path in _below(place, "plan.json")]
    if not found:
        raise InputError(f"there is no bundle in `{place}`: write some with `iamaudit recommend --out {place}`")
    bundles = [read_bundle(folder) for folder in found]
    return [bundle for bundle in bundles if bundle.plan.changes]


def read_bundle(folder: Path) -> Bundle:
    """Return the bundle of a folder; raise InputError for what is none."""
    plan = plan_from_json(_text(folder / "plan.json"), where=f"`{folder / 'plan.json'}`")
    rollback = _json(folder / "rollback.json") if (folder / "rollback.json").is_file() else {}
    current = _json(folder / "current.json") if (folder / "current.json").is_file() else {}
    files = sorted(folder.glob("policy-*.json"), key=lambda path: (len(path.name), path.name))
    documents = rollback.get("documents", {}) if isinstance(rollback, dict) else {}
    expected = {str(key): value for key, value in documents.items() if isinstance(value, str)}
    boundary = _json(folder / "boundary.json") if (folder / "boundary.json").is_file() else None
    return Bundle(folder, plan, current, tuple(_json(path) for path in files), expected, boundary)


def aws_accounts(*, profile: str | None = None, role: str | None = None) -> Accounts:
    """Return how to reach the account of a plan: the profile's own, or by *role* (a name) in it; each is asked once."""
    session = open_session(profile)
    known: dict[str, Account] = {}

    def account_of(plan: Plan) -> Account:
        arn = parse_arn(plan.principal)
        is_set = arn is not None and arn.service == "sso"
        if arn is None or not (arn.account or is_set):
            raise InputError(
                f"the plan is for `{plan.principal}`, which is no ARN of an account: write the bundle anew"
            )
        if arn.account not in known:
            known[arn.account] = open_account(session, arn.account, role=role, partition=arn.partition)
        return known[arn.account]

    return account_of


def plan(bundle: Bundle, accounts: Accounts) -> list[Planned]:
    """Return where each change of a bundle stands in AWS today; nothing is changed."""
    return look(accounts(bundle.plan), bundle.plan, bundle.expected)


def apply(bundle: Bundle, accounts: Accounts, approve: Approve, clock: Clock, *, irreversible: bool = False) -> Applied:
    """Make the changes of a bundle that *approve* says yes to; what cannot be taken back only with *irreversible*.

    The journal stands beside the bundle's folder, which a later night may write anew; there is none when everything is as the
    plan wants it. One that a crash left unfinished is gone on with. Raises InputError when there is an unfinished one of another plan, and SourceError when AWS or the disk
    does not answer before anything is done; later failures are outcomes.
    """
    account = accounts(bundle.plan)
    record = _unfinished(bundle)
    if record is None and (done := _done_already(account, bundle)):
        return Applied(bundle.folder, None, bundle.plan.principal, done)
    path = _journal_path(bundle.folder, clock()) if record is None else record.path

    def approved(change: Change) -> bool:
        return (irreversible or change.kind not in IRREVERSIBLE) and approve(change)

    with Journal(path, clock, is_new=record is None) as journal:
        if record is None:
            journal.write("started", **_started(bundle))
        outcomes = apply_plan(account, bundle.plan, journal, approved, expected=bundle.expected, record=record)
    why = "it cannot be taken back: say so with --irreversible"
    told = (
        replace(one, why=why)
        if one.fate == "declined" and one.change.kind in IRREVERSIBLE and not irreversible
        else one
        for one in outcomes
    )
    return Applied(bundle.folder, path, bundle.plan.principal, tuple(told))


def apply_below(
    place: Path, accounts: Accounts, approve: Approve, clock: Clock, *, irreversible: bool = False
) -> list[Applied]:
    """Apply the bundle at *place*, or all below it; the first one with a failure is the last."""
    results: list[Applied] = []
    for bundle in find_bundles(place):
        results.append(apply(bundle, accounts, approve, clock, irreversible=irreversible))
        if any(outcome.fate == "failed" for outcome in results[-1].outcomes):
            break
    return results


def rollback(path: Path, accounts: Accounts, clock: Clock, *, force: bool = False) -> Applied:
    """Take back what the journal at *path* says was done, last first; *force* also what was changed since."""
    record = read_journal(path)
    account = accounts(record.plan)
    with Journal(path, clock, is_new=False) as journal:
        outcomes = roll_back(account, record, journal, force=force)
    return Applied(path, path, record.plan.principal, tuple(outcomes))


def journals(place: Path) -> Iterator[Record]:
    """Yield the journals of the bundle at *place*, or of all bundles below it, oldest first for each."""
    if (place / "plan.json").is_file():
        yield from journals_beside(place)
    else:
        yield from (read_journal(path) for path in _below(place, "*.applied-*.jsonl"))


def journals_beside(folder: Path) -> Iterator[Record]:
    """Yield the journals of the bundle whose folder is, or was, *folder*, oldest first."""
    found = sorted(folder.parent.glob(f"{glob.escape(folder.name)}.applied-*.jsonl"))
    yield from (read_journal(path) for path in found)


def _below(place: Path, pattern: str) -> list[Path]:
    """Return the files below *place*, sorted; leftovers of killed runs begin with a dot, `restore` and `retired` are other stories."""
    found = (path for path in place.rglob(pattern) if path.is_file())
    parts = ((path, path.relative_to(place).parts[:-1]) for path in found)
    return sorted(
        path
        for path, above in parts
        if above[:1] not in {("restore",), (RETIRED,)} and not any(p.startswith(".") for p in above)
    )


def _done_already(account: Account, bundle: Bundle) -> tuple[Outcome, ...]:
    """Return every change as made already, or nothing when there is something to do, or to tell."""
    found = look(account, bundle.plan, bundle.expected)
    if any(one.judgement.standing is not Standing.DONE for one in found):
        return ()
    return tuple(Outcome(one.number, one.change, "already") for one in found)


def _unfinished(bundle: Bundle) -> Record | None:
    records = [one for one in journals_beside(bundle.folder) if not one.is_finished and not one.is_rolled_back]
    for record in records:
        if record.plan != bundle.plan:
            raise InputError(
                f"`{record.path}` tells of another plan that was not finished: take it back with "
                f"`iamaudit apply --rollback {record.path}` first"
            )
    return records[-1] if records else None


def _started(bundle: Bundle) -> dict[str, Any]:
    return {
        "iamaudit": version("iamaudit"),
        "bundle": str(bundle.folder),
        "plan": bundle.plan.as_json(),
        "current": bundle.current,
        "proposed": list(bundle.proposed),
    }


def _journal_path(folder: Path, now: datetime) -> Path:
    return folder.parent / f"{folder.name}.applied-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.jsonl"


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is no JSON: {error}; write the bundle anew with `iamaudit recommend`") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read `{path}`: {error}; write the bundle anew with `iamaudit recommend`") from error
