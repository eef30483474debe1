"""What of a plan for idle credentials (`retire.json`) is due on a day: one step for each thing that is idle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from iamaudit.errors import InputError
from iamaudit.model.change import Change, ChangeKind, change_from_json

_KEYS = frozenset({ChangeKind.DEACTIVATE_ACCESS_KEY, ChangeKind.DELETE_ACCESS_KEY})


@dataclass(frozen=True, slots=True)
class DueStep:
    """One step of a retirement: its changes, and the commands for what no change does (a tag, the deletion itself)."""

    due: date
    what: str  # notify | disable | delete
    note: str
    changes: tuple[Change, ...]
    by_hand: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueRetirement:
    """One idle thing of which something is due: `steps` are the due ones in order, `later` the day of the next one.

    `credential` is what alone is idle (`access_key_1`, `password`), empty for the whole user or role; `keys` are the ids of
    the keys that the plan is about.
    """

    arn: str
    account_id: str
    credential: str
    title: str
    steps: tuple[DueStep, ...]
    later: date | None

    @property
    def keys(self) -> frozenset[str]:
        """The ids of the access keys that any due step names."""
        return frozenset(change.policy for step in self.steps for change in step.changes if change.kind in _KEYS)


@dataclass(frozen=True, slots=True)
class DuePlan:
    """What is due of a plan that was made on `as_of`; `next_day` is the next day on which something else will be."""

    as_of: date
    retirements: tuple[DueRetirement, ...]
    next_day: date | None


def due_plan(text: str, on: date, *, where: str) -> DuePlan:
    """Return what is due on a day of the content of a `retire.json`; raise InputError, which names *where*, for another file."""
    try:
        body = json.loads(text)
        as_of = date.fromisoformat(body["as_of"])
        every = [_retirement(entry, on) for entry in body["retirements"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{where} is no plan of `iamaudit recommend` for idle credentials: {error!r}; give `retire.json`"
        ) from error
    days = [entry.later for entry in every if entry.later is not None]
    return DuePlan(as_of, tuple(entry for entry in every if entry.steps), min(days, default=None))


def _retirement(entry: Mapping[str, Any], on: date) -> DueRetirement:
    steps = sorted((_step(one) for one in entry["steps"]), key=lambda one: one.due)
    arn = str(entry["arn"])
    for step in steps:
        if any(change.holder != arn for change in step.changes):
            raise ValueError(f"a step of `{arn}` changes somebody else")
    return DueRetirement(
        arn=arn,
        account_id=str(entry["account_id"]),
        credential="" if entry["check"] in {"idle_user", "idle_role"} else entry["detail"] or "password",
        title=str(entry["title"]),
        steps=tuple(step for step in steps if step.due <= on),
        later=next((step.due for step in steps if step.due > on), None),
    )


def _step(entry: Mapping[str, Any]) -> DueStep:
    changes = tuple(change_from_json(one) for one in entry["changes"])
    # the commands of a step do its changes first, one each, and then what has no change
    by_hand = tuple(str(one) for one in entry["commands"][len(changes) :])
    return DueStep(date.fromisoformat(entry["due"]), str(entry["what"]), str(entry["note"]), changes, by_hand)
