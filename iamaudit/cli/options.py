"""The options that several verbs share."""

from __future__ import annotations

from pathlib import Path

import click

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
