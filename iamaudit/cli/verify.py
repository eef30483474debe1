"""The verb that asks whether the logs are what CloudTrail wrote."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from iamaudit.cli.options import PlaceType, as_of_option, aws_options, json_option
from iamaudit.cli.output import clock, complain, emit, progress, show, table
from iamaudit.model.place import Place

SHOWN = 50  # bad objects that a person would still read


@click.command()
@click.argument("source", type=PlaceType())
@click.option(
    "--public-keys",
    type=click.Path(path_type=Path),
    help="Output of `aws cloudtrail list-public-keys`.  [default: public-keys.json in SOURCE; for s3:// AWS is asked]",
)
@click.option("--since", metavar="TIME", help="Only what was delivered from then on.")
@click.option(
    "--until", metavar="TIME", help="Only what was delivered until then; a chain that ends earlier has a gap."
)
@click.option(
    "--lake", "lake_path", type=PlaceType(), help="Keep the verdicts in this lake: findings and coverage use them."
)
@aws_options
@as_of_option
@json_option
def verify(
    source: Place,
    public_keys: Path | None,
    since: str | None,
    until: str | None,
    lake_path: Place | None,
    profile: str | None,
    role_arn: str | None,
    region: str | None,
    endpoint_url: str | None,
    as_of: str | None,
    *,
    requester_pays: bool,
    as_json: bool,
) -> None:
    """Verify CloudTrail's digests and the logs they name: valid, tampered with, missing, or in a gap.

    SOURCE is a folder with the bucket's layout, a digest's metadata beside it in OBJECT.metadata.json, or
    s3://BUCKET/PREFIX. Exit code 1 when anything is invalid or missing, 2 when
    something could not be read or there is no digest.
    """
    from iamaudit.model.place import AwsAccess
    from iamaudit.report.visible import one_line
    from iamaudit.stages.instants import moment
    from iamaudit.stages.places import create_lake
    from iamaudit.stages.verify import verify as run

    access, now = AwsAccess(profile, role_arn, region, endpoint_url, requester_pays), clock(as_of)
    with progress(quiet=as_json) as step:
        result = run(
            source,
            access=access,
            public_keys=public_keys,
            since=None if since is None else moment(since, now=now),
            until=None if until is None else moment(until, now=now),
            lake=None if lake_path is None else create_lake(lake_path, access),
            captured_at=now,
            each=(lambda verdict: emit(verdict.as_json())) if as_json else None,
            progress=step,
        )
    if not as_json:
        kinds = {"digests": result.digests, "logs": result.logs}
        words = tuple(result.digests)
        show(table("what", *words, rows=[(kind, *(str(found[w]) for w in words)) for kind, found in kinds.items()]))
        for verdict in result.bad[:SHOWN]:
            line = verdict.as_json()
            click.echo(one_line(f"{line['verdict']}  {line['object']}: {line['reason']}"))
        if len(result.bad) > SHOWN:
            click.echo(f"and {len(result.bad) - SHOWN} more: `--json` prints all of them")
        for reason, count in result.reasons.items():
            click.echo(one_line(f"unverified  {count} objects: {reason}"))
    if result.unread:
        complain([f"{result.unread} objects could not be read, so nothing is said of them: run it again"])
    if not result.has_digests:
        complain(
            [f"there is no digest in `{source}`, so nothing can be verified: give the folder or prefix above `AWSLogs`"]
        )
    sys.exit(result.exit_code)
