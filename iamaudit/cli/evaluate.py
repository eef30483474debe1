"""The verb evaluate: how well policies learnt from earlier days fit later ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iamaudit.cli.options import as_of_option, gap_option, json_option, lake_option
from iamaudit.cli.output import clock, emit, progress, settings_of, show, table
from iamaudit.model.place import Place

if TYPE_CHECKING:
    from iamaudit.proof.confidence import Confidence


@click.command()
@lake_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder for confidence.json and confidence.md.")
@as_of_option
@gap_option
@click.option(
    "--learn",
    "lengths",
    multiple=True,
    type=click.IntRange(1),
    help="Days to learn from; may be given several times.  [default: 30, 60, 90]",
)
@click.option(
    "--test", "test_days", default=14, show_default=True, type=click.IntRange(1), help="Later days to test on."
)
@click.option("--tests", "folds", default=2, show_default=True, type=click.IntRange(1), help="How many such stretches.")
@click.option("--principal", "principals", multiple=True, help="Only this principal's ARN; may be given several times.")
@click.option("--drop-unknown", is_flag=True, help="Learn policies without what the logs could not have shown.")
@json_option
def evaluate(
    lake_path: Place,
    out: Path | None,
    as_of: str | None,
    tolerated_gap_days: int | None,
    lengths: tuple[int, ...],
    test_days: int,
    folds: int,
    principals: tuple[str, ...],
    *,
    drop_unknown: bool,
    as_json: bool,
) -> None:
    """Learn policies from earlier days, replay later calls against them, and say which window to learn from.

    The lake remembers the scores, and the certificates of later recommendations tell them.
    """
    from iamaudit.lake.store import LocalStore
    from iamaudit.recommend.choices import Choices
    from iamaudit.report.confidence import confidence_markdown
    from iamaudit.stages.holdout import LENGTHS, remember
    from iamaudit.stages.holdout import evaluate as run
    from iamaudit.stages.places import find_lake

    lake = find_lake(lake_path)
    with progress(quiet=as_json) as step:
        found = run(
            lake,
            settings_of({"tolerated_gap_days": tolerated_gap_days}),
            clock(as_of),
            lengths=lengths or LENGTHS,
            test_days=test_days,
            folds=folds,
            choices=Choices(keep_unknown=not drop_unknown),
            only=frozenset(principals),
            progress=step,
        )
    remember(lake, found)
    content = found.as_json()
    if out is not None:
        store = LocalStore(out)
        store.write("confidence.json", (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
        store.write("confidence.md", confidence_markdown(content).encode())
    emit(content) if as_json else _print(found)


def _print(found: Confidence) -> None:
    rows = [
        (
            f"{score.learn_days} days",
            f"{score.denied_calls:,} of {score.calls:,}",
            f"{score.denied_uses:,} of {score.uses:,}",
            str(score.unjudged),
        )
        for score in found.scores
    ]
    show(table("learnt from", "later calls denied", "later uses denied", "without a proposal", rows=rows))
    longest = max((score.learn_days for score in found.scores), default=0)
    denied = [
        (one.principal, f"{one.use.action} on {one.use.resource}", str(one.calls), one.why)
        for principal in found.principals
        for one in principal.surprises
        if one.learn_days == longest
    ]
    if denied:
        show(table("principal", f"denied after learning from {longest} days", "calls", "why", rows=denied))
    click.echo(f"Advice: {found.advice.words}.")
