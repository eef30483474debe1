"""The verb for after the roll-out: what was refused since, and what gives it back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from iamaudit.cli.options import as_of_option, json_option, lake_option
from iamaudit.cli.output import clock, complain, emit, engine
from iamaudit.errors import InputError
from iamaudit.model.place import Place


@click.command()
@lake_option
@click.option(
    "--bundles", required=True, type=click.Path(path_type=Path), help="Where the bundles and their journals are."
)
@click.option("--since", metavar="TIME", help="Only calls refused since then.  [default: since each change]")
@click.option("--restore", is_flag=True, help="Write bundles that give back what our changes took away too much of.")
@click.option("--perhaps", is_flag=True, help="With --restore: also what they only may have caused.")
@click.option(
    "--fail-on", type=click.Choice(["ours", "perhaps"]), help="Exit with 1 when a change of ours caused, or may have."
)
@as_of_option
@json_option
def watch(
    lake_path: Place,
    bundles: Path,
    since: str | None,
    fail_on: str | None,
    as_of: str | None,
    *,
    restore: bool,
    perhaps: bool,
    as_json: bool,
) -> None:
    """Tell which calls were refused since a bundle was carried out, which it caused, and what gives them back."""
    from iamaudit.report.visible import block, one_line
    from iamaudit.stages import watch as stage
    from iamaudit.stages.watch_restore import give_back
    from iamaudit.watch.refusals import Cause, statement_json

    if not bundles.is_dir():
        raise InputError(f"there is no folder `{bundles}`: name the one that `iamaudit recommend --out` wrote")
    with engine(lake_path, as_of) as found:
        watched = stage.watch(found, bundles, since=None if since is None else clock(since))
    ours = watched.of(Cause.OURS, Cause.PERHAPS)
    if as_json:
        for judged in watched.judged:
            emit(stage.row(judged))
    else:
        for judged in ours:
            click.echo(one_line(stage.sentence(judged)))
            click.echo(block(json.dumps(statement_json(judged), indent=2, ensure_ascii=False)))
        others = len(watched.judged) - len(ours)
        click.echo(
            f"{len(ours)} refused because of our changes, or perhaps; {others} for other reasons or given back since "
            f"(--json lists them); changes watched: {len(watched.latest)}"
        )
    if restore:
        for principal, folder, why in give_back(watched, bundles, perhaps=perhaps):
            if folder is None:
                complain([f"nothing to restore for {principal}: {why}"])
            else:
                if why:
                    complain([one_line(why)])
                click.echo(f"iamaudit: give it back with `iamaudit apply {folder}`", err=True)
    failing = {"ours": (Cause.OURS,), "perhaps": (Cause.OURS, Cause.PERHAPS)}.get(fail_on or "", ())
    if watched.of(*failing):
        sys.exit(1)
