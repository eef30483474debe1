"""The verbs of the two languages on files: CloudTrail records and policies."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from iamaudit.cli.options import json_option
from iamaudit.cli.output import emit, inputs


@click.command(name="map")
@click.argument("files", nargs=-1, type=click.Path())
def map_verb(files: tuple[str, ...]) -> None:
    """Print who did what with which permission, one JSON line per CloudTrail record."""
    from iamaudit.stages.mapping import map_bytes

    for data, name in inputs(files):
        for line in map_bytes(data, name=name):
            emit(line)


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--open-context", is_flag=True, help="Keys that a scenario does not give are unknown instead of absent.")
def simulate(files: tuple[str, ...], *, open_context: bool) -> None:
    """Decide scenarios, one JSON line in and one out."""
    from iamaudit.stages.scenarios import simulate_bytes

    for data, name in inputs(files):
        for line in simulate_bytes(data, name=name, open_context=open_context):
            emit(line)


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@json_option
def compare(old: Path, new: Path, *, as_json: bool) -> None:
    """Say whether NEW allows anything that OLD does not; exit 1 if so."""
    from iamaudit.stages.scenarios import compare_files

    answer = compare_files(old, new)
    if as_json:
        emit(answer)
    elif answer["contained"]:
        click.echo("NEW allows nothing that OLD does not")
    else:
        for witness in answer["widened"]:
            click.echo(f"NEW also allows {witness['action']} on {witness['resource']}")
        for sentence in answer["not_proven"]:
            click.echo(f"not proven: {sentence}")
    if not answer["contained"]:
        sys.exit(1)
