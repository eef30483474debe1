"""lake coverage: for which account, region and day the lake can speak, as a picture of days or as JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from iamaudit.cli.options import as_of_option, json_option, lake_option, window_option
from iamaudit.cli.output import emit, engine, show, table

_MEANING = {"c": "has logs", "g": "is missing", "q": "nothing came, and the region seldom has any"}
_LONGEST = 120  # days in one line of a terminal: the newest


@click.command()
@lake_option
@as_of_option
@window_option
@click.option("--account", "account_id", help="Only this account.")
@json_option
def coverage(
    lake_path: Path, as_of: str | None, window_days: int | None, account_id: str | None, *, as_json: bool
) -> None:
    """Show for which account, region and day the lake can speak, and why not."""
    from iamaudit.stages.coverage import category_runs, region_lines

    with engine(lake_path, as_of, window_days=window_days) as found:
        if as_json:
            for run in category_runs(found):
                if account_id in {None, run["account_id"]}:
                    emit(run)
            return
        lines = [line for line in region_lines(found) if account_id in {None, line.account_id}]
    is_wide = (sys.stdout.encoding or "").lower().startswith("utf")
    signs = str.maketrans("cgq", "█x·" if is_wide else "#x.")
    rows = [
        (line.account_id, line.region, line.days[-_LONGEST:].translate(signs), str(line.covered), line.reason)
        for line in lines
    ]
    show(table("account", "region", "days, oldest first", "covered", "first gap", rows=rows))
    click.echo("   ".join(f"{sign.translate(signs)} {meaning}" for sign, meaning in _MEANING.items()))
