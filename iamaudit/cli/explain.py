"""The verb that answers one question: can it, why, and has it; what an event says; how an action could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamaudit.cli.explain_event import event_lines, explained, records_of, times
from iamaudit.cli.options import PlaceType, as_of_option, gap_option, json_option, window_option
from iamaudit.cli.output import emit, engine, note_missing_state
from iamaudit.errors import InputError
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamaudit.stages.explain import Explanation
    from iamaudit.stages.explain_action import ActionExplanation

_MOST_USES = 5
_MOST_RULES = 8
_RECORDED = {
    "global": "in the partition's global region only",
    "both": "in the global region, or where the call is made",
}
_SHOWN = {
    "management": "as a management event",
    "data": "as a data event",
    "network": "as a network activity event only",
    "implied": "only inside other calls",
    "never": "never",
    "unknown": "not known",
}


@click.command()
@click.option("--lake", "lake_path", type=PlaceType(), help="The lake: a folder, or s3://BUCKET/PREFIX.")
@click.option("--principal", metavar="ARN", help="A user, a role, a role's session or root.")
@click.option("--action", help="Like s3:GetObject; alone: how a use of it could be seen.")
@click.option("--resource", metavar="ARN", help="On what; without it: on anything.")
@click.option(
    "--event",
    metavar="FILE|ID",
    help="Records in a file (FILE#2: the second; -: standard input), or an id in the lake.",
)
@as_of_option
@window_option
@gap_option
@json_option
def explain(
    lake_path: Place | None,
    principal: str | None,
    action: str | None,
    resource: str | None,
    event: str | None,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    *,
    as_json: bool,
) -> None:
    """Say whether a principal can do something and has, what an event tells, or how an action could be seen.

    \b
    explain --lake L --principal ARN --action A   can it, why, and has it
    explain --event FILE|ID [--lake L]            who, what, and which rule said so
    explain --action A                            how a use of it could be seen
    """  # noqa: D301  the backspace itself tells click to leave the lines as they are
    settings = {"window_days": window_days, "tolerated_gap_days": tolerated_gap_days}
    if event is not None:
        if principal or action or resource:
            raise InputError("an event is explained by itself: leave out --principal, --action and --resource")
        _event(event, lake_path, as_of, settings, as_json=as_json)
    elif principal is None and action is not None and resource is None:
        _action(action, as_json=as_json)
    elif lake_path is None or principal is None or action is None:
        raise InputError(
            "nothing to explain: give --lake, --principal and --action, or --event FILE|ID, or --action alone"
        )
    else:
        from iamaudit.stages.explain import explain as run

        with engine(lake_path, as_of, **settings) as found:
            note_missing_state(found)
            answer = run(found, principal, action, resource)
        if as_json:
            emit(answer.as_json())
        else:
            _say(_lines(answer))


def _event(
    event: str, lake_path: Place | None, as_of: str | None, settings: dict[str, int | None], *, as_json: bool
) -> None:
    if lake_path is None:
        answers = explained(records_of(event, None), None)
    else:
        from iamaudit.stages.event_search import EventSearch
        from iamaudit.stages.explain_event import LakeToAsk
        from iamaudit.stages.places import find_lake

        with engine(lake_path, as_of, **settings) as found:
            lake = LakeToAsk(found, EventSearch(find_lake(lake_path)))
            answers = explained(records_of(event, lake), lake)
    for number, answer in enumerate(answers):
        if as_json:
            emit(answer.as_json())
        else:
            _say([""] if number else [])
            _say(event_lines(answer))


def _action(action: str, *, as_json: bool) -> None:
    from iamaudit.stages.explain_action import explain_action

    answer = explain_action(action)
    if as_json:
        emit(answer.as_json())
    else:
        _say(_action_lines(answer))


def _say(lines: Iterable[str]) -> None:
    from iamaudit.report.visible import one_line

    for line in lines:
        click.echo(one_line(line))


def _action_lines(answer: ActionExplanation) -> Iterator[str]:
    shows = answer.shows
    kind = f" of {shows.resource_type}" if shows.resource_type and shows.kind == "data" else ""
    yield f"A use of `{answer.action}` shows: {_SHOWN[shows.kind]}{kind}"
    yield f"  why: {shows.reason}"
    yield f"  source: {shows.source}"
    yield from (
        f"  some uses show as {category.replace(':', ' events of ', 1)}: unused only where they are logged too"
        for category in shows.also
    )
    if answer.recorded != "regional":
        yield f"  recorded: {_RECORDED[answer.recorded]}"
    yield from (f"  seen in: {event}" for event in _most(shows.events))
    yield from (f"  implied by: {rule}" for rule in _most(shows.implied_by))
    if shows.kind not in {"management", "data"}:
        yield "  so that nobody is seen to use it does not make it unused: the answer is unknown"


def _most(lines: tuple[str, ...]) -> tuple[str, ...]:
    more = len(lines) - _MOST_RULES
    return lines if more <= 0 else (*lines[:_MOST_RULES], f"{more} further rows (--json has all)")


def _lines(answer: Explanation) -> Iterator[str]:
    can = {"yes": "yes", "no": "no", "if": "if the conditions allow"}[answer.can]
    yield f"Can it?  {can}: `{answer.action}` on `{answer.resource}`, decided by: {answer.verdict.decided_by}"
    if answer.verdict.conditional_on:
        yield f"  hangs on {', '.join(answer.verdict.conditional_on)}"
    for reason in answer.verdict.reasons:
        yield f"  {reason}"
    for caveat in answer.caveats:
        yield f"  but: {caveat}"
    reason = f" ({answer.state_reason})" if answer.state_reason else ""
    yield f"Has it?  {(answer.state or 'neither granted nor seen').replace('_', ' ')}{reason}"
    for use in answer.uses[:_MOST_USES]:
        doubt = "; nothing says for sure that it was needed" if use["is_doubtful"] else ""
        last = f"last {use['last_seen']:%Y-%m-%d %H:%M}"
        yield f"  {use['outcome']}: {times(use['count'])} on `{use['resource']}`, {last}{doubt}"
    if answer.last_before is not None:
        yield f"  before the window: last on {answer.last_before}"
    yield from (f"  but: {words}" for words in answer.not_counted)
    if len(answer.uses) > _MOST_USES:
        yield f"  and {len(answer.uses) - _MOST_USES} further resources or outcomes"
