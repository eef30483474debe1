"""The verbs that fill the lake and ask it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from iamaudit.cli.options import as_of_option, aws_options, json_option, lake_option, window_option
from iamaudit.cli.output import clock, complain, emit, engine, print_rows, progress, show, table
from iamaudit.model.place import Place


@click.command()
@click.argument("sources", nargs=-1, required=True)
@lake_option
@aws_options
@click.option("--since", metavar="TIME", help="Only what was delivered from then on (a day of slack is added).")
@click.option("--until", metavar="TIME", help="Only what was delivered until then (a day of slack is added).")
@click.option(
    "--kind", type=click.Choice(["auto"]), default="auto", show_default=True, help="Formats are recognised by content."
)
@json_option
def ingest(
    sources: tuple[str, ...],
    lake_path: Place,
    profile: str | None,
    role_arn: str | None,
    region: str | None,
    endpoint_url: str | None,
    since: str | None,
    until: str | None,
    kind: str,  # noqa: ARG001  # formats are recognised by content
    *,
    requester_pays: bool,
    as_json: bool,
) -> None:
    """Read logs into the lake; prints the books.

    A SOURCE is a file, a folder, s3://BUCKET/PREFIX, a queue of S3's events (sqs://REGION/ACCOUNT/NAME), or lookup://
    for the event history of an account without a trail (lookup://REGION,REGION for some regions).
    """
    from iamaudit.model.place import AwsAccess
    from iamaudit.stages.ingest import ingest as run
    from iamaudit.stages.places import create_lake, open_sources, window_of

    access, now = AwsAccess(profile, role_arn, region, endpoint_url, requester_pays), clock(None)
    ready = open_sources(sources, access, as_of=now, window=window_of(since, until, now=now))
    with progress(quiet=as_json) as step:
        result = run(ready, create_lake(lake_path, access), progress=step)
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
@click.option("--from-config", is_flag=True, help="What AWS Config recorded, out of the files the lake has read.")
@click.option("--profile", help="AWS profile to use.")
@click.option("--role", help="Role to assume in each account of the organisation.")
@click.option("--org", is_flag=True, help="The whole organisation, its policies included.")
@click.option(
    "--last-accessed",
    is_flag=True,
    help="Also ask IAM when each user and role last used each service: two calls or more for each, minutes.",
)
@click.option("--export", "export_to", type=click.Path(path_type=Path), help="Also write what was read as files.")
@as_of_option
@json_option
def collect(
    lake_path: Place,
    directory: Path | None,
    profile: str | None,
    role: str | None,
    export_to: Path | None,
    as_of: str | None,
    *,
    from_config: bool,
    org: bool,
    last_accessed: bool,
    as_json: bool,
) -> None:
    """Read the state of IAM, from AWS, from exported files, or as AWS Config recorded it."""
    from iamaudit.stages.collect import collect_from_aws, collect_from_files
    from iamaudit.stages.places import create_lake, find_lake

    now = clock(as_of)
    if from_config:
        if directory is not None or profile or role or org or last_accessed or export_to is not None:
            raise click.UsageError("`--from-config` asks nobody but the lake: give it with `--lake` and `--as-of` only")
        from iamaudit.config import Settings
        from iamaudit.stages.config_state import nothing_new, state_from_config

        recorded = state_from_config(find_lake(lake_path), Settings(), now)
        if recorded is None:
            complain(["AWS Config tells nothing that the lake does not know: no capture was written"])
        result = recorded or nothing_new(now)
    elif directory is not None:
        result = collect_from_files(directory, create_lake(lake_path), captured_at=now)
    else:
        result = collect_from_aws(
            create_lake(lake_path),
            captured_at=now,
            profile=profile,
            role=role,
            organization=org,
            last_accessed=last_accessed,
            export_to=export_to,
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
    sql: str | None, lake_path: Place, as_of: str | None, window_days: int | None, *, tables: bool, as_json: bool
) -> None:
    """Run SQL on the lake's tables and models."""
    from iamaudit.stages.instants import json_row

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
