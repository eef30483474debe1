"""The options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from iamaudit.model.place import Place, is_url

SEVERITIES = ("critical", "high", "medium", "low")


class PlaceType(click.ParamType[Place]):
    """A folder's path, or a URL, which a path would make nonsense of."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:  # noqa: ARG002  # click's signature
        """Return the URL as it is, or the path."""
        return str(value) if is_url(value) else Path(value)


lake_option = click.option(
    "--lake", "lake_path", required=True, type=PlaceType(), help="The lake: a folder, or s3://BUCKET/PREFIX."
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


def aws_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say as whom AWS is asked for logs."""
    for option in reversed(
        (
            click.option("--profile", help="AWS profile to use."),
            click.option("--role", "role_arn", metavar="ARN", help="Role to assume for reading the logs."),
            click.option("--region", help="Region of bucket or queue; needed in GovCloud and China."),
            click.option("--endpoint-url", help="Another server that speaks AWS's protocols."),
            click.option("--requester-pays", is_flag=True, help="Pay for reading a bucket that asks its readers to."),
        )
    ):
        command = option(command)
    return command
