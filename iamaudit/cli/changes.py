"""How changes in AWS are shown, asked for and told of afterwards, whichever plan they are of."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from iamaudit.cli.output import complain, emit, show
from iamaudit.errors import SourceError

if TYPE_CHECKING:
    from iamaudit.apply.run import Approve, Planned
    from iamaudit.model.change import Change
    from iamaudit.stages.apply import Applied, Bundle


def asked(bundle: Bundle) -> Approve:
    """Return how to ask a person about each change of *bundle*."""
    from iamaudit.report.changes import change_text

    click.echo(f"{bundle.plan.principal}", err=True)

    def approve(change: Change) -> bool:
        show(change_text(change))
        return click.confirm("Make this change?", default=False, err=True)

    return approve


def print_plan(bundle: Bundle, planned: Iterable[Planned], *, as_json: bool) -> None:
    """Print every change, and where it stands in AWS."""
    from iamaudit.report.changes import change_text, planned_json

    if as_json:
        changes = [
            planned_json(one.number, one.change, one.judgement.standing.value, one.judgement.why) for one in planned
        ]
        emit({"principal": bundle.plan.principal, "bundle": str(bundle.folder), "changes": changes})
        return
    for one in planned:
        show(change_text(one.change, number=one.number, standing=one.judgement.standing.value, why=one.judgement.why))


def end(results: list[Applied], *, as_json: bool) -> None:
    """Print what became of it; what is not as it was wanted ends with 2 and says what to do."""
    from iamaudit.report.changes import headline

    for result in results:
        if as_json:
            emit(result.as_json())
            continue
        for one in result.outcomes:
            click.echo(f"{one.fate:<9} {headline(one.change)}{f': {one.why}' if one.why else ''}")
        if result.journal is None:
            click.echo(
                f"nothing to do for {result.principal}: everything is as the plan wants it, and no journal is written"
            )
        else:
            click.echo(f"journal   {result.journal}")
    failed = [one for one in results if any(outcome.fate == "failed" for outcome in one.outcomes)]
    for broken in failed:
        why = next(outcome.why for outcome in broken.outcomes if outcome.fate == "failed")
        raise SourceError(
            f"stopped at a failure: {why}; run the same again to go on, or take back what was done with "
            f"`iamaudit apply --rollback {broken.journal}`"
        )
    incomplete = [result for result in results if not result.is_complete]
    complain(f"not everything of `{result.principal}` was done: see above" for result in incomplete)
    if incomplete:
        sys.exit(2)
