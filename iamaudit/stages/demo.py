"""demo: the example organisation, ready for a night."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from iamaudit.config import CollectConfig, EvaluateConfig, NightConfig, VerifyConfig
from iamaudit.errors import InputError
from iamaudit.ports import Progress
from iamaudit.recommend.choices import Choices
from iamaudit.world.write import write_world

END = date(2026, 7, 1)  # the day after the example's last logs; fixed, so that every run shows the same
CONFIG = """\
# The example organisation: `iamaudit nightly --config {path}` runs its night again.
lake = "lake"
sources = ["world/logs"]
out = "out"
as_of = "{as_of}"

[collect]
from_files = "world/state"

[verify]
enabled = true

[evaluate]
enabled = false  # true: what would policies learnt some weeks ago have refused since? Takes a minute

[recommend]
wildcards = true  # what admin-like principals keep fits AWS's quotas that way
mine_groups = true  # users who do the same work by policies of their own move into a group
"""


def make_demo(directory: Path, *, days: int, seed: int, progress: Progress | None = None) -> NightConfig:
    """Write the organisation's logs and state below *directory*, and an `iamaudit.toml` for its night.

    A folder that a demo made before is used again; raises `InputError` for a folder with other things in it.
    """
    config = directory / "iamaudit.toml"
    if directory.exists() and any(directory.iterdir()) and not config.is_file():
        raise InputError(f"`{directory}` is not empty and not a demo's folder: give another with `--dir`")
    as_of = END.isoformat()
    world = directory / "world"
    if not (world / "truth.json").is_file():
        step = None if progress is None else (lambda done, total: progress(done, total, "days of example logs"))
        write_world(world, seed=seed, days=days, end=END, progress=step)
    config.write_text(CONFIG.format(path=config, as_of=as_of), encoding="utf-8")
    return NightConfig(
        lake=directory / "lake",
        sources=(str(world / "logs"),),
        out=directory / "out",
        collect=CollectConfig(from_files=world / "state"),
        verify=VerifyConfig(enabled=True),
        as_of=as_of,
        choices=Choices(wildcards=True, mine_groups=True),
        evaluate=EvaluateConfig(enabled=False),  # the first night is to be quick
    )
