"""One event for a person to check by hand: where its record comes from, and the lines that explain it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamaudit.cli.output import complain, inputs
from iamaudit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamaudit.stages.explain_event import EventExplanation, ExplainedUse, InLake, LakeToAsk

_MOST_RESOURCES = 20
_MOST_EVENTS = 20  # of one file: for more, `map` has a line each


def records_of(event: str, lake: LakeToAsk | None) -> list[Any]:
    """Return the records that `--event` means: of a file, of one place in it, of standard input, or of the lake."""
    from iamaudit.stages.event_files import record_number, records_in

    file, mark, number = event.rpartition("#")
    if _is_input(event):
        [(data, name)] = inputs((event,))
        return _first(list(records_in(data, name=name)), name)
    if mark and number.isdigit() and _is_input(file):
        [(data, name)] = inputs((file,))
        return [record_number(data, int(number), name=name)]
    if lake is None:
        raise InputError(f"`{event}` is no file: give a file of records, or --lake to look an event's id up")
    return [lake.events.record(event)]


def _is_input(name: str) -> bool:
    path = Path(name)
    return name == "-" or (path.exists() and not path.is_dir())  # a pipe has a name too


def _first(records: list[Any], name: str) -> list[Any]:
    from iamaudit.formats.pieces import Broken

    broken = [record for record in records if isinstance(record, Broken)]
    if broken:
        complain([f"{len(broken)} pieces of `{name}` are not records: {broken[0].reason}"])
    whole = [record for record in records if not isinstance(record, Broken)]
    if not whole:
        raise InputError(f"`{name}` holds no record: give CloudTrail records")
    if len(whole) > _MOST_EVENTS:
        complain([f"the first {_MOST_EVENTS} of {len(whole)} records are explained: `{name}#N` explains another"])
    return whole[:_MOST_EVENTS]


def explained(records: Iterable[Any], lake: LakeToAsk | None) -> list[EventExplanation]:
    """Explain each record; with a *lake* also what it says."""
    from iamaudit.stages.explain_event import explain_event

    return [explain_event(record, lake) for record in records]


def event_lines(answer: EventExplanation) -> Iterator[str]:
    """Yield the explanation as lines of text: event, who, outcome, uses, what it needs, notes."""
    mapped, call = answer.mapped, answer.call
    yield f"Event    {call.event_source} {call.event_name} at {mapped.event_time} in {call.region}, account {call.account_id}"
    yield f"  id {mapped.event_id or 'none'}{_delivered(answer)}"
    who = mapped.principal
    yield f"Who      {who.kind.value} {who.arn or who.id or ''}".rstrip()
    for part in answer.caller:
        yield f"  {part.by} `{part.value}`: {part.words}"
    yield f"Outcome  {mapped.outcome.value.replace('_', ' ')}"
    yield f"  {answer.outcome}"
    if call.error_message:
        yield f"  AWS said: {call.error_message}"
    yield f"Uses     {len(answer.uses) or 'none'}"
    for use in answer.uses:
        yield from _use_lines(use)
    yield f"Needs    {_needs(answer)}"
    if answer.needs.document:
        yield from (f"  {line}" for line in json.dumps(answer.needs.document, indent=2, ensure_ascii=False).split("\n"))
    for words in answer.needs.words:
        yield f"  {words}"
    for note in answer.notes:
        yield f"Note     {note}"


def _needs(answer: EventExplanation) -> str:
    if answer.needs.document is None:
        return "no identity policy"
    is_sure = all(use.use.confidence == "high" for use in answer.uses)
    return "this, and nothing else:" if is_sure else "this, as far as the record tells:"


def times(count: int) -> str:
    """Return how often, in words."""
    return "once" if count == 1 else f"{count:,} times"


def _delivered(answer: EventExplanation) -> str:
    if answer.copies is None:
        return ""
    if not answer.copies:
        return "; the lake does not have it"
    counted = "its uses are counted" if answer.is_counted else "it counts for no use: no call, or another event's copy"
    return f"; in the lake {times(answer.copies)}, {counted}"


def _use_lines(explained_use: ExplainedUse) -> Iterator[str]:
    use = explained_use.use
    either = ": one of several actions, the record does not tell which" if use.is_alternative else ""
    yield f"  {use.action}: {use.evidence}, confidence {use.confidence}{either}"
    source = f" ({explained_use.rule_source})" if explained_use.rule_source else ""
    yield f"    rule: {use.rule}{source}"
    in_lake = {one.resource: one for one in explained_use.in_lake}
    for found in explained_use.resources[:_MOST_RESOURCES]:
        yield f"    on `{found.value}`: {found.words}"
        if found.value in in_lake:
            yield from _lake_lines(in_lake[found.value])
    if len(explained_use.resources) > _MOST_RESOURCES:
        yield f"    and on {len(explained_use.resources) - _MOST_RESOURCES} further resources (--json has all)"
    for found in explained_use.conditions:
        yield f"    with {found.by} = `{found.value}`: {found.words}"
    shows = explained_use.shows
    kind = f" of {shows.resource_type}" if shows.resource_type else ""
    yield f"    such uses show: {shows.kind}{kind}, {shows.reason} ({shows.source})"


def _lake_lines(one: InLake) -> Iterator[str]:
    if one.count:
        yield f"      counted {times(one.count)}, from {one.first_seen} to {one.last_seen}"
    else:
        yield "      not counted in the lake"
    reasons = "; ".join(one.reasons[:3])
    yield f"      granted today: {one.granted}" + (f" ({reasons})" if reasons else "")
