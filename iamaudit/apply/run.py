"""Making the changes of a plan one by one, and taking them back in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from iamaudit.apply.account import Account, Call
from iamaudit.apply.calls import calls_back, calls_for
from iamaudit.apply.journal import Journal, Record
from iamaudit.apply.judge import IRREVERSIBLE, Judgement, Standing, State, judge, takes_away
from iamaudit.apply.state import read_state
from iamaudit.errors import InputError, SourceError
from iamaudit.model.change import Change, ChangeKind
from iamaudit.model.plan import Plan

Approve = Callable[[Change], bool]
# what is made to stand in for something that goes
_FOR_A_REMOVAL: Final = frozenset({ChangeKind.CREATE_POLICY, ChangeKind.ATTACH_POLICY})
_NOT_YET: Final = "a change before it was not made: the group could grant more than the user may do today"
_HELD_BACK: Final = "another change of the plan drifted or was not made, and the plan is proven as a whole"


@dataclass(frozen=True, slots=True)
class Planned:
    """One change of a plan and where it stands in AWS today."""

    number: int
    change: Change
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change: done, already, drifted, declined, withheld, failed, not_tried; of a rollback: undone, kept."""

    number: int
    change: Change
    fate: str
    why: str = ""


def look(account: Account, plan: Plan, expected: Mapping[str, str]) -> list[Planned]:
    """Return where every change stands, by read calls only. *expected*: documents of today's policies by id or ARN."""
    made = {change.policy for change in plan.changes if change.kind is ChangeKind.CREATE_GROUP}
    planned = []
    for number, change in enumerate(plan.changes):
        state, judgement = _judge(account, change, expected)
        if state.get("holder") is False and change.holder.partition(":group/")[2] in made:
            judgement = Judgement(Standing.READY)  # the plan makes the group first
        planned.append(Planned(number, change, judgement))
    return planned


def apply_plan(
    account: Account,
    plan: Plan,
    journal: Journal,
    approve: Approve,
    *,
    expected: Mapping[str, str],
    record: Record | None = None,
) -> list[Outcome]:
    """Make the changes that are ready and approved; return the fate of each, in order.

    What drifted is not touched. When any change of the plan drifted, or one that should have granted was not made, nothing
    is taken away: what one policy loses may be what another was to keep. Nobody joins a group while a change before was
    not made. The first failure stops. *record* is what the journal tells of an earlier run that a crash
    ended: what stood there before that run is what a rollback restores. The journal is closed with `finished`.
    """
    outcomes: list[Outcome] = []
    is_held_back = any(one.judgement.standing is Standing.DRIFTED for one in look(account, plan, expected))
    for number, change in enumerate(plan.changes):
        if outcomes and outcomes[-1].fate in {"failed", "not_tried"}:
            outcomes.append(Outcome(number, change, "not_tried"))
            continue
        is_all_made = all(one.fate in {"done", "already"} for one in outcomes)
        outcome = _one(
            account,
            number,
            change,
            journal,
            approve,
            expected,
            record,
            is_held_back=is_held_back,
            is_all_made=is_all_made,
        )
        journal.write(outcome.fate, n=number, why=outcome.why)
        outcomes.append(outcome)
        is_held_back |= outcome.fate == "drifted" or (
            outcome.fate in {"declined", "withheld"} and not takes_away(change)
        )
    if not any(outcome.fate == "failed" for outcome in outcomes):
        journal.write("finished")
    return outcomes


def roll_back(account: Account, record: Record, journal: Journal, *, force: bool = False) -> list[Outcome]:
    """Take back what a journal says was done, last first; return the fate of each change that was begun.

    A change on which somebody built since is left (`drifted`), unless *force*; what cannot be taken back is `kept`.
    Running it again goes on where it stopped.
    """
    outcomes: list[Outcome] = []
    for number in sorted(record.intended, reverse=True):
        change, before = record.plan.changes[number], record.intended[number]
        if number in record.undone:
            continue
        if change.kind in IRREVERSIBLE and record.fates.get(number) == "done":
            outcomes.append(Outcome(number, change, "kept", "AWS cannot bring it back"))
            continue
        try:
            now = read_state(account, change)
            why = "" if force else _built_upon(change, before, now)
            if why:
                outcomes.append(Outcome(number, change, "drifted", why))
                continue
            journal.write("undoing", n=number)
            _make(account, calls_back(change, before, now), journal, number)
            journal.write("undone", n=number)
        except SourceError as error:
            outcomes.append(Outcome(number, change, "failed", str(error)))
            return outcomes
        outcomes.append(Outcome(number, change, "undone"))
    if not _provisioned(account, record, outcomes, journal):
        return outcomes
    if all(outcome.fate == "undone" for outcome in outcomes):
        journal.write("rolled_back")
    return outcomes


def _provisioned(account: Account, record: Record, outcomes: list[Outcome], journal: Journal) -> bool:
    """Provision a permission set anew after all of it was taken back; whether that went well, or there was nothing to do."""
    for number, change in enumerate(record.plan.changes):
        if change.kind is ChangeKind.PROVISION_SET and number in record.intended and outcomes:
            try:
                _make(account, calls_for(change, {}), journal, number)
            except SourceError as error:
                outcomes.append(Outcome(number, change, "failed", str(error)))
                return False
    return True


def _one(
    account: Account,
    number: int,
    change: Change,
    journal: Journal,
    approve: Approve,
    expected: Mapping[str, str],
    record: Record | None,
    *,
    is_held_back: bool,
    is_all_made: bool,
) -> Outcome:
    try:
        state, judgement = _judge(account, change, expected)
        is_open = record is not None and number in record.intended
        if judgement.standing is Standing.DONE:
            # begun by a run that a crash ended: it is ours to take back
            return Outcome(number, change, "done" if is_open else "already")
        if judgement.standing is Standing.DRIFTED:
            return Outcome(number, change, "drifted", judgement.why)
        if is_held_back and (takes_away(change) or change.kind in _FOR_A_REMOVAL):
            return Outcome(number, change, "withheld", _HELD_BACK)
        if not is_all_made and change.kind is ChangeKind.ADD_USER_TO_GROUP:
            return Outcome(number, change, "withheld", _NOT_YET)
        if not approve(change):
            return Outcome(number, change, "declined")
        if not is_open:
            journal.write("intends", n=number, change=change.as_json(), before=state)
        _make(account, calls_for(change, state), journal, number)
    except SourceError as error:
        return Outcome(number, change, "failed", str(error))
    return Outcome(number, change, "done")


def _make(account: Account, calls: list[Call], journal: Journal, number: int) -> None:
    for call in calls:
        journal.write("calls", n=number, operation=call.operation, parameters=call.parameters)
        answer = account.make(call)
        answer.pop("ResponseMetadata", None)
        journal.write("answered", n=number, operation=call.operation, answer=answer)


def _judge(account: Account, change: Change, expected: Mapping[str, str]) -> tuple[State, Judgement]:
    try:
        state = read_state(account, change)
    except InputError as error:
        return {}, Judgement(Standing.DRIFTED, str(error))
    return state, judge(change, state, expected=expected.get(change.policy))


def _built_upon(change: Change, before: State, now: State) -> str:
    """Say why a change should not be taken back: what stands there is neither what we made nor what was there before."""
    if judge(change, now).standing is Standing.DONE:
        return ""
    untouched = all(now.get(name) == value for name, value in before.items() if name != "versions")
    return "" if untouched else "it was changed after `iamaudit apply`: look at it, then use --force"
