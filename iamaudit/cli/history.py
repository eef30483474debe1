"""The verb history: what changed in the recommendations since last week."""

from __future__ import annotations

import click

from iamaudit.cli.options import as_of_option, json_option, lake_option, window_option
from iamaudit.cli.output import clock, emit, engine, show, table
from iamaudit.model.place import Place


@click.command()
@lake_option
@click.option("--since", default="7d", show_default=True, metavar="WHEN", help="Like 7d, 2w, 36h, or 2026-11-01.")
@as_of_option
@window_option
@click.option("--principal", help="Only this principal's ARN.")
@json_option
def history(
    lake_path: Place, since: str, as_of: str | None, window_days: int | None, principal: str | None, *, as_json: bool
) -> None:
    """Print what changed in the recommendations: new and withdrawn ones, actions added and dropped, with the reason."""
    from iamaudit.stages.history import history as run
    from iamaudit.stages.history import in_short, since_when

    start = since_when(since, now=clock(as_of))
    with engine(lake_path, as_of, window_days=window_days) as found:
        changes = [one for one in run(found, start) if principal in {None, one.principal}]
    if as_json:
        for one in changes:
            emit(one.as_json())
        return
    rows = [(one.principal, one.change, one.action or "", one.reason) for one in changes]
    if rows:
        show(table("principal", "change", "action", "reason", rows=rows))
    click.echo(f"Since {start:%Y-%m-%d %H:%M} UTC: {in_short(changes)}.")
