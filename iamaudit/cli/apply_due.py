"""`iamaudit apply retire.json`: the steps that are due for what nobody uses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iamaudit.cli.changes import asked, end, print_plan
from iamaudit.cli.output import clock, emit, table
from iamaudit.cli.output import show as show_text
from iamaudit.errors import ConfigError

if TYPE_CHECKING:
    from iamaudit.apply.run import Approve
    from iamaudit.stages.apply import Accounts, Bundle
    from iamaudit.stages.retire_due import Due, DueToday

_WORDS = {"ready": "due", "done": "done already", "by_hand": "by hand", "left": "left alone"}


def apply_due(
    path: Path,
    accounts: Accounts,
    as_of: str | None,
    *,
    only_plan: bool,
    yes: bool,
    irreversible: bool,
    as_json: bool,
) -> None:
    """Print what is due of the plan at *path*; unless *only_plan*, make the changes of the steps that are ready, and no others."""
    from datetime import UTC, datetime

    from iamaudit.stages import apply as stage
    from iamaudit.stages.retire_due import find_due, take

    found = find_due(path, accounts, clock(as_of).date(), irreversible=irreversible or only_plan)
    ready = [one for one in found.steps if one.standing == "ready"]
    if not only_plan and ready and not yes and not sys.stdin.isatty():
        raise ConfigError("nobody is here to ask: look with --plan, then say --yes")
    _print(found, as_json=as_json)
    if only_plan:
        for one in ready:
            print_plan(one.bundle, stage.plan(one.bundle, accounts), as_json=as_json)
        return

    def approve_of(bundle: Bundle) -> Approve:
        return (lambda _change: True) if yes else asked(bundle)

    end(take(ready, accounts, approve_of, lambda: datetime.now(UTC), irreversible=irreversible), as_json=as_json)


def _print(found: DueToday, *, as_json: bool) -> None:
    if as_json:
        for one in found.steps:
            emit(one.as_json())
        return
    if not found.steps:
        click.echo(f"Nothing is due on {found.on}.")
    else:
        rows = [
            (_WORDS[one.standing], one.what, str(one.due), one.bundle.plan.principal, _why(one)) for one in found.steps
        ]
        show_text(table("", "step", "due", "who", "why", rows=rows))
    for one in found.steps:
        if one.commands:
            click.echo(f"# to do by hand for {one.bundle.plan.principal}{' after this' * (one.standing == 'ready')}:")
            for command in one.commands:
                click.echo(f"  {command}")
    if found.next_day is not None:
        click.echo(f"The next step is due on {found.next_day}.")


def _why(one: Due) -> str:
    return f"{one.title}; {one.why}" if one.why else one.title
