"""retire, carried out: of a plan for idle credentials the step that is due for each, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

from iamaudit.apply.account import Account
from iamaudit.apply.due import DueRetirement, DueStep, due_plan
from iamaudit.apply.judge import IRREVERSIBLE, Standing
from iamaudit.apply.last_use import last_use
from iamaudit.apply.run import Approve, look
from iamaudit.errors import InputError
from iamaudit.model.change import Change
from iamaudit.model.plan import Plan
from iamaudit.proof.bundle import safe_name
from iamaudit.recommend.retire_steps import DENY_ALL
from iamaudit.stages.apply import RETIRED, Accounts, Applied, Bundle, Clock, apply, journals_beside

_DENY_MANAGED: Final = ":policy/AWSDenyAll"


@dataclass(frozen=True, slots=True)
class Due:
    """One step that is due: `ready` to be taken, `done` already, for people (`by_hand`), or `left` alone for the reason `why`.

    `bundle` has the changes, empty where there are none; `commands` are what people do after it.
    """

    standing: str  # ready | done | by_hand | left
    what: str
    due: date
    title: str
    bundle: Bundle
    commands: tuple[str, ...] = ()
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the line of `apply --plan --json` on a `retire.json`, without the changes."""
        return {
            "principal": self.bundle.plan.principal,
            "step": self.what,
            "due": self.due.isoformat(),
            "title": self.title,
            "standing": self.standing,
            "but": self.why,
            "by_hand": list(self.commands),
        }


@dataclass(frozen=True, slots=True)
class DueToday:
    """What is due, by account and principal; `next_day` is when something else will be."""

    on: date
    steps: tuple[Due, ...]
    next_day: date | None


def find_due(path: Path, accounts: Accounts, on: date, *, irreversible: bool = False) -> DueToday:
    """Return the steps of the plan at *path* that are due; AWS is read and not changed.

    A step is left alone when what it is about was used since the plan was made, or when it deletes what was not disabled
    for as long as the plan says. Raises InputError for another file, SourceError when AWS does not answer.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read `{path}`: {error}; give the `retire.json` of a night") from error
    plan = due_plan(text, on, where=f"`{path}`")
    if plan.as_of > on:
        raise InputError(f"`{path}` was made for {plan.as_of}, later than {on}: give a later day with --as-of")
    steps = tuple(
        _due(one, plan.as_of, on, path.parent, accounts, irreversible=irreversible) for one in plan.retirements
    )
    return DueToday(on, steps, plan.next_day)


def apply_due(
    path: Path, accounts: Accounts, approve: Approve, clock: Clock, *, on: date, irreversible: bool = False
) -> list[Applied]:
    """Take the steps of the plan at *path* that are due and ready; the first one with a failure is the last."""
    found = find_due(path, accounts, on, irreversible=irreversible)
    return take(
        [one for one in found.steps if one.standing == "ready"],
        accounts,
        lambda _: approve,
        clock,
        irreversible=irreversible,
    )


def take(
    steps: Iterable[Due],
    accounts: Accounts,
    approve_of: Callable[[Bundle], Approve],
    clock: Clock,
    *,
    irreversible: bool,
) -> list[Applied]:
    """Make the changes of *steps*, asking the approval of each bundle; the first one with a failure is the last."""
    results: list[Applied] = []
    for one in steps:
        approve = keeping_the_deny(approve_of(one.bundle))
        results.append(apply(one.bundle, accounts, approve, clock, irreversible=irreversible))
        if any(outcome.fate == "failed" for outcome in results[-1].outcomes):
            break
    return results


def keeping_the_deny(approve: Approve) -> Approve:
    """Return *approve*, but what denies everything stays once anything before it was not approved: it goes last or not at all."""
    declined = False

    def asked(change: Change) -> bool:
        nonlocal declined
        is_deny = change.before == DENY_ALL or change.policy.endswith(_DENY_MANAGED)
        said = not (is_deny and declined and change.document is None) and approve(change)
        declined |= not said
        return said

    return asked


def _due(one: DueRetirement, made: date, on: date, out: Path, accounts: Accounts, *, irreversible: bool) -> Due:
    last = one.steps[-1]
    if not last.changes:
        return _told("by_hand", one, last, out)
    account = accounts(Plan(one.arn, last.changes))
    used = last_use(account, one.arn, credential=one.credential, keys=one.keys)
    if not used.exists:
        return _told("done", one, last, out, why="it is gone")
    if _is_done(account, one.arn, last):
        return _told("by_hand" if last.by_hand else "done", one, last, out)
    before = next((step for step in reversed(one.steps[:-1]) if step.changes), None)
    step = last if before is None or _is_done(account, one.arn, before) else before
    if used.at is not None and used.at >= datetime.combine(made, time(), UTC):
        why = f"it was used on {used.at.date()}, after the plan was made: make the plan anew"
        return _told("left", one, step, out, why=why)
    if step is last and before is not None and (why := _too_soon(one, before, last, on, out)):
        return _told("left", one, step, out, why=why)
    if not irreversible and any(change.kind in IRREVERSIBLE for change in step.changes):
        return _told("left", one, step, out, why="it deletes a key or a password: say so with --irreversible")
    return _told("ready", one, step, out)


def _is_done(account: Account, arn: str, step: DueStep) -> bool:
    return all(entry.judgement.standing is Standing.DONE for entry in look(account, Plan(arn, step.changes), {}))


def _too_soon(one: DueRetirement, before: DueStep, last: DueStep, on: date, out: Path) -> str:
    """Say why it is too soon to delete, when our journal tells that it was disabled later than planned."""
    done = [
        datetime.fromisoformat(record.done_at[number]).date()
        for record in journals_beside(_folder(one, before, out))
        if not record.is_rolled_back
        for number, fate in record.fates.items()
        if fate == "done"
    ]
    if not done or on >= (first := max(done) + (last.due - before.due)):
        return ""
    return f"it was disabled on {max(done)}, later than planned: delete it on {first} or later"


def _told(standing: str, one: DueRetirement, step: DueStep, out: Path, *, why: str = "") -> Due:
    commands: Iterable[str] = step.by_hand if standing in {"ready", "by_hand"} else ()
    bundle = Bundle(_folder(one, step, out), Plan(one.arn, step.changes))
    return Due(standing, step.what, step.due, one.title, bundle, tuple(commands), why)


def _folder(one: DueRetirement, step: DueStep, out: Path) -> Path:
    kind, _, name = one.arn.split(":", 5)[-1].partition("/")
    parts = [name.rpartition("/")[2], *filter(None, [one.credential]), step.what]
    return out / RETIRED / safe_name(one.account_id) / safe_name(kind) / safe_name("-".join(parts))
