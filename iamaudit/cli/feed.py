"""The verbs that fill the lake and ask it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from iamaudit.cli.options import as_of_option, json_option, lake_option, window_option
from iamaudit.cli.output import clock, complain, emit, engine, print_rows, progress, show, table


@click.command()
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


@click.command()
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


@click.command()
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
