"""The verb that answers one question: can it, why, and has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamaudit.cli.options import as_of_option, gap_option, json_option, lake_option, window_option
from iamaudit.cli.output import emit, engine, note_missing_state
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamaudit.stages.explain import Explanation

_MOST_USES = 5


@click.command()
@lake_option
@click.option("--principal", required=True, metavar="ARN", help="A user, a role, a role's session or root.")
@click.option("--action", required=True, help="Like s3:GetObject.")
@click.option("--resource", metavar="ARN", help="On what; without it: on anything.")
@as_of_option
@window_option
@gap_option
@json_option
def explain(
    lake_path: Place,
    principal: str,
    action: str,
    resource: str | None,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    *,
    as_json: bool,
) -> None:
    """Say whether a principal can do something, why, and whether it has."""
    from iamaudit.report.visible import one_line
    from iamaudit.stages.explain import explain as run

    with engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found:
        note_missing_state(found)
        answer = run(found, principal, action, resource)
    if as_json:
        emit(answer.as_json())
        return
    for line in _lines(answer):
        click.echo(one_line(line))


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
        yield f"  {use['outcome']}: {use['count']} times on `{use['resource']}`, last {use['last_seen']:%Y-%m-%d %H:%M}"
    if len(answer.uses) > _MOST_USES:
        yield f"  and {len(answer.uses) - _MOST_USES} further resources or outcomes"
