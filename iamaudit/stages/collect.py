"""collect: the state of IAM into the lake, by API or from exported files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from iamaudit.errors import PolicySyntaxError, StateError
from iamaudit.lake.lake import Lake
from iamaudit.lake.state import write_state
from iamaudit.policy.parse import parse

if TYPE_CHECKING:
    from iamaudit.collect.capture import Capture


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What was collected per account, and what could not be read."""

    captured_at: str
    accounts: Mapping[str, Mapping[str, int]]
    missing: tuple[Mapping[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """Return the shape of `collect --json` (design.md §4)."""
        return {
            "captured_at": self.captured_at,
            "accounts": {account: dict(counts) for account, counts in sorted(self.accounts.items())},
            "missing": [dict(entry) for entry in self.missing],
        }


def together(results: Iterable[CollectResult]) -> CollectResult | None:
    """Return what several captures came to, None for none: the newest time, all accounts and all that is missing."""
    found = list(results)
    if not found:
        return None
    accounts = {account_id: counts for result in found for account_id, counts in result.accounts.items()}
    missing = {(entry["what"], entry["why"]): entry for result in found for entry in result.missing}
    return CollectResult(max(result.captured_at for result in found), accounts, tuple(missing.values()))


def collect_from_files(directory: Path, lake: Lake, *, captured_at: datetime) -> CollectResult:
    """Read exported state below *directory*; raise `StateError` when there is nothing in it."""
    from iamaudit.collect.files import collect_files  # noqa: PLC0415  # this way works without boto3's start-up time

    capture = collect_files(directory, captured_at=captured_at)
    if not any(table.num_rows for table in capture.tables.values()):
        reasons = "; ".join(f"{entry.what}: {entry.why}" for entry in capture.missing)
        raise StateError(f"nothing in `{directory}` is state of an account: {reasons}")
    return store(capture, lake)


def store(capture: Capture, lake: Lake) -> CollectResult:
    """Commit one capture to the lake; a policy that cannot be understood is told now, not when it is needed."""
    manifest = write_state(
        lake,
        capture.tables,
        captured_at=capture.captured_at,
        accounts=capture.accounts,
        missing=missing_of(capture),
    )
    return CollectResult(manifest.captured_at, manifest.accounts, manifest.missing)


def missing_of(capture: Capture) -> tuple[Mapping[str, str], ...]:
    """Return what could not be read, and the policies that could not be understood."""
    return (*({"what": entry.what, "why": entry.why} for entry in capture.missing), *unreadable(capture))


def unreadable(capture: Capture) -> Iterator[Mapping[str, str]]:
    """Yield what is missing because a policy's document does not parse."""
    if "policies" not in capture.tables:
        return
    for row in capture.tables["policies"].to_pylist():
        if row["document"] is None:
            continue
        try:
            parse(row["document"], name=row["name"] or row["policy_id"])
        except PolicySyntaxError as error:
            yield {"what": f"{row['account_id']}: the policy {row['policy_id']}", "why": str(error)}


def collect_from_aws(
    lake: Lake,
    *,
    captured_at: datetime,
    profile: str | None = None,
    role: str | None = None,
    organization: bool = False,
    last_accessed: bool = False,
    export_to: Path | None = None,
) -> CollectResult:
    """Ask AWS, by read calls only; with *export_to* also write the answers as the files a user would export.

    *last_accessed* asks IAM when each user and role last used each service: at least two calls for each, minutes.
    """
    from iamaudit.collect.assemble import assemble  # noqa: PLC0415  # boto3 takes most of a second to start
    from iamaudit.collect.aws import gather  # noqa: PLC0415  # the same
    from iamaudit.collect.export import export  # noqa: PLC0415  # the same
    from iamaudit.collect.session import open_session  # noqa: PLC0415  # the same

    raw = gather(open_session(profile), role=role, organization=organization, last_accessed=last_accessed)
    if export_to is not None:
        export(raw, export_to)
    return store(assemble(raw, captured_at=captured_at), lake)
