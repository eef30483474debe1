"""From an action back to the events: which carry it as their own, and which calls only imply it (domain.md §2.3, §2.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from iamaudit.knowledge.tables import rows

PASS_ROLE = "iam:passrole"  # noqa: S105  # the name of an action


@dataclass(frozen=True, slots=True)
class Carriers:
    """The events that tell an action, as `s3 GetObject when versionId`, and the rules that infer it from a call."""

    events: tuple[str, ...] = ()
    implied_by: tuple[str, ...] = ()


def carriers_of(action: str) -> Carriers:
    """Return what the tables say tells a use of *action*, whatever its case; nothing for one that only has its own name."""
    return _carriers().get(action.lower(), Carriers())


@cache
def told_by_event() -> Mapping[str, tuple[str, ...]]:
    """Return `prefix EventName`, in lower case, -> the actions, in lower case, that its rows give as the event's own."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows("event_actions"):
        if not row["actions"].startswith("+"):
            event = f"{row['prefix']} {row['event_name']}".lower()
            found[event] |= dict.fromkeys(_actions(row["actions"]))
    return {event: tuple(actions) for event, actions in found.items()}


@cache
def _carriers() -> Mapping[str, Carriers]:
    events: defaultdict[str, dict[str, None]] = defaultdict(dict)
    implied: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows("event_actions"):
        words = _words(row)
        for action in _actions(row["actions"]):
            if row["actions"].startswith("+"):
                implied[action][f"event_actions.csv: {words}"] = None
            else:
                events[action][words] = None
    for row in rows("pass_role"):
        implied[PASS_ROLE][f"pass_role.csv: {row['prefix']} {row['event_name']} {row['parameter']}"] = None
    for row in rows("tag_on_create"):
        rule = f"tag_on_create.csv: {row['prefix']} {row['event_name']} {row['parameter']}"
        implied[row["action"].lower()][rule] = None
    return {
        action: Carriers(tuple(events.get(action, ())), tuple(implied.get(action, ())))
        for action in events.keys() | implied.keys()
    }


def _words(row: Mapping[str, str]) -> str:
    return f"{row['prefix']} {row['event_name']}" + (f" when {row['when']}" if row["when"] else "")


def _actions(text: str) -> Iterator[str]:
    for group in text.removeprefix("+").split(";"):
        yield from (one.partition("@")[0].lower() for one in group.split("|"))
