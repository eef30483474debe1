"""The command line: arguments in, one call of a stage, text or JSON out, an exit code.

Every verb imports what it needs when it runs, so that `iamaudit --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamaudit.errors import IamAuditError, InputError

if TYPE_CHECKING:
    from datetime import datetime

    from iamaudit.config import Settings
    from iamaudit.engine.duck import Engine
    from iamaudit.ports import Progress

SEVERITIES = ("critical", "high", "medium", "low")

lake_option = click.option(
    "--lake", "lake_path", required=True, type=click.Path(path_type=Path), help="The lake's folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="For machines: JSON on standard output.")
as_of_option = click.option("--as-of", metavar="TIME", help="What counts as now, like 2026-11-23; default: the clock.")
window_option = click.option(
    "--window", "window_days", type=click.IntRange(1), help="Days to look back.  [default: 90]"
)
gap_option = click.option(
    "--tolerate-gap-days",
    "tolerated_gap_days",
    type=click.IntRange(0),
    help="Days without logs that still let `unused` be said.  [default: 0]",
)
config_option = click.option(
    "--config",
    "path",
    default="iamaudit.toml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="What the night reads and where it writes.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="iamaudit")
def cli() -> None:
    """Find idle AWS credentials and unused permissions, and get smaller policies with their proof."""


def main() -> None:
    """Run a command; errors are one line on standard error, with what to do next."""
    try:
        code = cli.main(prog_name="iamaudit", standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.Abort:
        click.echo("iamaudit: stopped", err=True)
        code = 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context is not None else ""
        complain([f"{error.format_message().rstrip('.')}{hint}"])
        code = 2
    except IamAuditError as error:
        complain([str(error)])
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code or 0)


@cli.command()
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
        click.echo(f"\nTry next:\n  iamaudit grants --lake {night.lake} --as-of {night.as_of} --state unused")
        click.echo(f"  iamaudit query --lake {night.lake} 'from usage limit 5'")
    sys.exit(result.exit_code)


@cli.command()
@click.argument("sources", nargs=-1, required=True)
@lake_option
@click.option(
    "--kind", type=click.Choice(["auto"]), default="auto", show_default=True, help="Formats are recognised by content."
)
@json_option
def ingest(sources: tuple[str, ...], lake_path: Path, kind: str, *, as_json: bool) -> None:  # noqa: ARG001  # one kind today
    """Read log files and folders into the lake; prints the books."""
    from iamaudit.lake.lake import create_lake
    from iamaudit.stages.ingest import ingest as run

    with progress(quiet=as_json) as step:
        result = run(sources, create_lake(lake_path), progress=step)
    if as_json:
        emit(result.as_json())
    else:
        from iamaudit.report.content import Books
        from iamaudit.report.terminal import books_table

        show(books_table(Books(result.records, result.objects)))
    complain(result.problems)
    if not result.is_complete:
        sys.exit(2)


@cli.command()
@lake_option
@click.option(
    "--from-files", "directory", type=click.Path(path_type=Path), help="A folder of exported files, any names."
)
@click.option("--profile", help="AWS profile to use.")
@click.option("--role", help="Role to assume in each account of the organisation.")
@click.option("--org", is_flag=True, help="The whole organisation, its policies included.")
@click.option("--export", "export_to", type=click.Path(path_type=Path), help="Also write what was read as files.")
@as_of_option
@json_option
def collect(
    lake_path: Path,
    directory: Path | None,
    profile: str | None,
    role: str | None,
    export_to: Path | None,
    as_of: str | None,
    *,
    org: bool,
    as_json: bool,
) -> None:
    """Read the state of IAM, from AWS or from exported files."""
    from iamaudit.lake.lake import create_lake
    from iamaudit.stages.collect import collect_from_aws, collect_from_files

    now = clock(as_of)
    if directory is not None:
        result = collect_from_files(directory, create_lake(lake_path), captured_at=now)
    else:
        result = collect_from_aws(
            create_lake(lake_path), captured_at=now, profile=profile, role=role, organization=org, export_to=export_to
        )
    complain(f"not collected: {entry['what']}: {entry['why']}" for entry in result.missing)
    if as_json:
        emit(result.as_json())
        return
    show(
        table(
            "account",
            "users",
            "groups",
            "roles",
            "policies",
            "credentials",
            rows=[
                (
                    account,
                    *(str(counts.get(name, 0)) for name in ("users", "groups", "roles", "policies", "credentials")),
                )
                for account, counts in sorted(result.accounts.items())
            ],
        )
    )


@cli.command(name="map")
@click.argument("files", nargs=-1, type=click.Path())
def map_verb(files: tuple[str, ...]) -> None:
    """Print who did what with which permission, one JSON line per CloudTrail record."""
    from iamaudit.stages.mapping import map_bytes

    for data, name in inputs(files):
        for line in map_bytes(data, name=name):
            emit(line)


@cli.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--open-context", is_flag=True, help="Keys that a scenario does not give are unknown instead of absent.")
def simulate(files: tuple[str, ...], *, open_context: bool) -> None:
    """Decide scenarios, one JSON line in and one out."""
    from iamaudit.stages.scenarios import simulate_bytes

    for data, name in inputs(files):
        for line in simulate_bytes(data, name=name, open_context=open_context):
            emit(line)


@cli.command()
@lake_option
@as_of_option
@window_option
@click.option("--principal", help="Only this principal's ARN.")
@json_option
def usage(lake_path: Path, as_of: str | None, window_days: int | None, principal: str | None, *, as_json: bool) -> None:
    """Print who used which action on which resource, how often and when."""
    from iamaudit.stages.grants import usage_rows

    with engine(lake_path, as_of, window_days=window_days) as found:
        rows = (row for row in usage_rows(found) if principal in {None, row["principal"]})
        print_rows(rows, ("principal", "action", "resource", "outcome", "count", "last_seen"), as_json=as_json)


@cli.command()
@lake_option
@as_of_option
@window_option
@gap_option
@click.option("--principal", help="Only this principal's ARN.")
@click.option("--state", type=click.Choice(["used", "unused", "unknown", "used_not_granted"]), help="Only this state.")
@json_option
def grants(
    lake_path: Path,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    principal: str | None,
    state: str | None,
    *,
    as_json: bool,
) -> None:
    """Print what each principal may do: used, unused, unknown, or used but not granted."""
    from iamaudit.stages.grants import grant_rows

    with engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found:
        note_missing_state(found)
        rows = (
            row for row in grant_rows(found) if principal in {None, row["principal"]} and state in {None, row["state"]}
        )
        print_rows(rows, ("principal", "action", "state", "count", "last_seen", "reason"), as_json=as_json)


@cli.command()
@lake_option
@as_of_option
@window_option
@gap_option
@click.option("--check", "only", multiple=True, help="Only this check; may be given several times.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit with 1 when there is a finding of this severity or worse."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print them.",
)
@json_option
def audit(
    lake_path: Path,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    only: tuple[str, ...],
    fail_on: str | None,
    style: str,
    *,
    as_json: bool,
) -> None:
    """Print the findings: idle credentials, unused permissions, root use and more."""
    from iamaudit.report.machine import findings_csv, findings_json
    from iamaudit.stages.audit import audit as run
    from iamaudit.stages.audit import checks

    with engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found:
        known = {model.name for model in checks(found)}
        if unknown := sorted(set(only) - known):
            raise InputError(f"there is no check `{unknown[0]}`: known are {', '.join(sorted(known))}")
        note_missing_state(found)
        findings = run(found, only=frozenset(only))
    if as_json or style == "json":
        click.echo(findings_json(findings), nl=False)
    elif style == "csv":
        click.echo(findings_csv(findings), nl=False)
    else:
        from iamaudit.report.terminal import findings_table

        show(findings_table(findings))
    if fail_on is not None and any(SEVERITIES.index(f.severity) <= SEVERITIES.index(fail_on) for f in findings):
        sys.exit(1)


@cli.command()
@lake_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the bundles.")
@as_of_option
@window_option
@gap_option
@click.option("--principal", "principals", multiple=True, help="Only this principal's ARN; may be given several times.")
@click.option(
    "--drop-unknown", is_flag=True, help="Leave out what the logs could not have shown, instead of keeping it."
)
@json_option
def recommend(
    lake_path: Path,
    out: Path,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    principals: tuple[str, ...],
    *,
    drop_unknown: bool,
    as_json: bool,
) -> None:
    """Write a smaller policy for each principal, with the proof that it breaks nothing."""
    from iamaudit.stages.recommend import recommend as run

    with (
        engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found,
        progress(quiet=as_json) as step,
    ):
        note_missing_state(found)
        results = run(found, out, keep_unknown=not drop_unknown, only=frozenset(principals), progress=step)
    if as_json:
        for result in results:
            emit(result.as_json())
    else:
        from iamaudit.report.terminal import recommendations_table

        show(recommendations_table([result.summary for result in results]))
    refused = [result for result in results if result.refused]
    complain(f"no bundle for {result.principal}: {result.refused}" for result in refused)
    if refused:
        sys.exit(3)


@cli.command()
@lake_option
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for report.html, report.md and findings.json."
)
@click.option("--bundles", type=click.Path(path_type=Path), help="Where the bundles go.  [default: OUT/bundles]")
@as_of_option
@window_option
@gap_option
@json_option
def report(
    lake_path: Path,
    out: Path,
    bundles: Path | None,
    as_of: str | None,
    window_days: int | None,
    tolerated_gap_days: int | None,
    *,
    as_json: bool,
) -> None:
    """Write the report: one HTML page, Markdown and JSON."""
    from iamaudit.stages.audit import audit as run_audit
    from iamaudit.stages.recommend import recommend as run_recommend
    from iamaudit.stages.report import write_report

    with (
        engine(lake_path, as_of, window_days=window_days, tolerated_gap_days=tolerated_gap_days) as found,
        progress(quiet=as_json) as step,
    ):
        results = run_recommend(found, bundles or out / "bundles", progress=step)
        written = write_report(found, out, findings=run_audit(found), recommendations=results)
    emit({name: str(path) for name, path in written.items()}) if as_json else click.echo(
        f"The report is {written['html']}"
    )


@cli.command()
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


@cli.group()
def lake() -> None:
    """Look after the lake."""


@lake.command()
@lake_option
@json_option
def status(lake_path: Path, *, as_json: bool) -> None:
    """Print the books of everything ever ingested and collected."""
    from iamaudit.lake.lake import find_lake
    from iamaudit.stages.status import lake_status

    answer = lake_status(find_lake(lake_path))
    if as_json:
        emit(answer)
        return
    show(table("what", "value", rows=[(name, str(value)) for name, value in answer.items()]))


@cli.command()
@click.argument("sql", required=False)
@lake_option
@as_of_option
@window_option
@click.option("--tables", is_flag=True, help="List the tables and models one can ask.")
@json_option
def query(
    sql: str | None, lake_path: Path, as_of: str | None, window_days: int | None, *, tables: bool, as_json: bool
) -> None:
    """Run SQL on the lake's tables and models."""
    from iamaudit.stages.workbench import json_row

    with engine(lake_path, as_of, window_days=window_days) as found:
        if tables or sql is None:
            rows: list[dict[str, Any]] = [
                *({"name": name, "what": "table"} for name in sorted(found.providers)),
                *({"name": m.name, "what": m.header.get("grain", "")} for m in found.models.values()),
            ]
            print_rows(rows, ("name", "what"), as_json=as_json)
            return
        answer = found.query(sql)
        print_rows(map(json_row, answer.to_pylist()), tuple(answer.column_names), as_json=as_json)


@cli.command()
@config_option
@json_option
def nightly(path: Path, *, as_json: bool) -> None:
    """Run the whole night once: ingest, collect, audit, recommend, report."""
    from iamaudit.config import read_config

    result = run_night(read_config(path), quiet=as_json)
    print_night(result, as_json=as_json)
    sys.exit(result.exit_code)


@cli.command()
@config_option
@click.option("--cron", default="15 2 * * *", show_default=True, help="When to run, in UTC.")
def serve(path: Path, cron: str) -> None:
    """Run the night on a schedule, until stopped; needs a Prefect server (see the README)."""
    from iamaudit.config import read_config

    read_config(path)
    from pipelines.nightly import serve_nightly

    serve_nightly(path, cron)


# ---------------------------------------------------------------------------------------------- what the verbs share


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


def clock(as_of: str | None) -> datetime:
    """Return the instant of `--as-of`, or the clock's."""
    from datetime import UTC, datetime

    from iamaudit.stages.workbench import moment

    return moment(as_of, now=datetime.now(UTC))


@contextmanager
def engine(path: Path, as_of: str | None, **changed: int | None) -> Iterator[Engine]:
    """Open the lake at *path* with the settings given; the roll-ups are brought up to date first."""
    from iamaudit.lake.lake import find_lake
    from iamaudit.stages.usage import update_usage
    from iamaudit.stages.workbench import engine_on

    lake = find_lake(path)
    with progress(quiet=False) as step:
        update_usage(lake, progress=step)
    with engine_on(lake, settings_of(changed), clock(as_of)) as found:
        yield found


def settings_of(changed: Mapping[str, int | None]) -> Settings:
    """Return the default settings with those that the user gave."""
    from iamaudit.config import Settings

    return Settings(**{name: value for name, value in changed.items() if value is not None})  # type: ignore[arg-type]  # ints by name


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress | None]:
    """Show a progress bar on standard error while somebody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def step(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield step


def inputs(files: tuple[str, ...]) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each file; `-` or nothing is standard input."""
    for name in files or ("-",):
        if name == "-":
            yield sys.stdin.buffer.read(), "standard input"
            continue
        try:
            yield Path(name).read_bytes(), name
        except OSError as error:
            raise InputError(f"cannot read `{name}`: {error.strerror}; give a file, or - for standard input") from error


def complain(sentences: Iterable[str]) -> None:
    """Print sentences on standard error, each on one line whatever names it quotes."""
    from iamaudit.report.visible import one_line

    for sentence in sentences:
        click.echo(f"iamaudit: {one_line(sentence)}", err=True)


def emit(value: object) -> None:
    """Print one JSON line; what the output's encoding cannot say is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, default=str)
    click.echo(text)


def table(*columns: str, rows: Iterable[tuple[str, ...]]) -> Any:
    """Return a plain table; control characters in values are made visible."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from iamaudit.report.visible import one_line

    made = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        made.add_row(*(Text(one_line(cell)) for cell in row))
    return made


def note_missing_state(found: Engine) -> None:
    """Say on standard error when the lake has logs only: then there is nothing to judge grants and credentials by."""
    if found.table("stg_principals").num_rows == 0:
        click.echo(
            "iamaudit: no account state in this lake, so nothing is known of grants and credentials: run `iamaudit collect`",
            err=True,
        )


def print_rows(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print rows as JSON lines or as a table of some columns."""
    if as_json:
        for row in rows:
            emit(dict(row))
        return
    show(table(*columns, rows=[tuple("" if row[name] is None else str(row[name]) for name in columns) for row in rows]))


def show(renderable: Any) -> None:
    """Print a rich renderable; wide when standard output is a file."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(renderable)
