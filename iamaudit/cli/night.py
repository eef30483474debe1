"""The verbs that run everything: demo, nightly, serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from iamaudit.cli.options import config_option, json_option
from iamaudit.cli.output import emit, progress

_SHOWN: Final = "arn:aws:iam::222233334444:role/monthly-snapshots"  # of the example organisation: the README's, too
_QUESTION: Final = "select principal, state, count(*) as actions from grant_verdicts group by all order by all"


@click.command()
@click.option(
    "--dir",
    "directory",
    default="iamaudit-demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where to put it.",
)
@click.option("--days", default=120, show_default=True, type=click.IntRange(10), help="Days of history.")
@click.option("--seed", default=7, show_default=True, help="Another number makes another organisation.")
@json_option
def demo(directory: Path, days: int, seed: int, *, as_json: bool) -> None:
    """Make an example organisation and run the whole night on it."""
    from iamaudit.stages.demo import make_demo

    with progress(quiet=as_json) as step:
        night = make_demo(directory, days=days, seed=seed, progress=step)
    result = run_night(night, quiet=as_json)
    print_night(result, as_json=as_json)
    if not as_json:
        where = f"--lake {night.lake} --as-of {night.as_of}"
        click.echo(f"\nTry next:\n  iamaudit grants {where} --principal {_SHOWN}")
        click.echo(f"  iamaudit query {where} '{_QUESTION}'")
    sys.exit(result.exit_code)


@click.command()
@config_option
@json_option
def nightly(path: Path, *, as_json: bool) -> None:
    """Run the whole night once: ingest, collect, audit, recommend, report."""
    from iamaudit.config import read_config

    result = run_night(read_config(path), quiet=as_json)
    print_night(result, as_json=as_json)
    sys.exit(result.exit_code)


@click.command()
@config_option
@click.option("--cron", default="15 2 * * *", show_default=True, help="When to run, in UTC.")
def serve(path: Path, cron: str) -> None:
    """Run the night on a schedule, until stopped; needs a Prefect server (see the README)."""
    from iamaudit.config import read_config

    read_config(path)
    from pipelines.nightly import serve_nightly

    serve_nightly(path, cron)


def run_night(night: Any, *, quiet: bool) -> Any:
    """Run the Prefect flow of one night."""
    if not quiet:
        click.echo("Running the night (the flow engine takes some seconds to start) …", err=True)
    from pipelines.nightly import run_nightly

    return run_nightly(night)


def print_night(result: Any, *, as_json: bool) -> None:
    """Print a night's summary."""
    if as_json:
        emit(result.as_json())
        return
    click.echo(result.summary())
