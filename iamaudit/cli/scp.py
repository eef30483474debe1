"""`recommend --as scp`: what it takes, and what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iamaudit.cli.output import complain, emit, show, table
from iamaudit.errors import InputError

if TYPE_CHECKING:
    from iamaudit.engine.duck import Engine
    from iamaudit.ports import Progress
    from iamaudit.recommend.choices import Choices
    from iamaudit.stages.scp import ScpResult


def check_scp_options(level: str | None, principals: Sequence[str], *, drop_unknown: bool) -> None:
    """Raise InputError for what means nothing of a policy for whole accounts."""
    if level not in {None, "service", "action"}:
        raise InputError(f"an SCP has no level `{level}`: give `--level service` or `--level action`")
    if principals:
        raise InputError("an SCP is for whole accounts: leave out `--principal`")
    if drop_unknown:
        raise InputError("an SCP never denies what the logs cannot show: leave out `--drop-unknown`")


def write_scps(
    engine: Engine, out: Path, choices: Choices, level: str | None, step: Progress | None, *, as_json: bool
) -> int:
    """Write the bundles, print a line for each unit and account, and return the exit code."""
    from iamaudit.stages.scp import recommend_scps, scp_exit_code

    results = recommend_scps(engine, out, choices=choices, level=level or "service", progress=step)
    if as_json:
        for result in results:
            emit(result.as_json())
    else:
        columns = ("target", "kind", "services", "actions", "no room", "unknown", "policies", "replayed", "bundle")
        show(table(*columns, rows=map(_row, results)))
    complain(
        f"no SCP for {one.target}: {one.refused}" for one in results if one.refused_kind not in {"", "nothing_to_do"}
    )
    return scp_exit_code(results)


def _row(result: ScpResult) -> tuple[str, ...]:
    proof = result.certificate
    if proof is None:
        return (result.target, result.kind, *[""] * 6, f"none: {result.refused_kind}")
    counted = ("denied_services", "denied_actions", "no_room", "unknown_services")
    counts = (str(len(proof[name])) for name in counted)
    replayed = f"{proof['allowed']} of {proof['replayed']}"
    return (result.target, result.kind, *counts, str(proof["policies"]), replayed, str(result.bundle))
