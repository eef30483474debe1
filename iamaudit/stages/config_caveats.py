"""What AWS Config cannot tell of an account's IAM: the words that go into `missing`, so that findings say unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from iamaudit.collect.capture import Capture, Missing
from iamaudit.lake.manifest import StateManifest
from iamaudit.stages.instants import iso

# A capture made of Config's items says so under this name; calls and exported files never do.
_RECORDED = "{account}: state of IAM by AWS Config"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An account of which Config recorded IAM: a row of `stg_config_accounts`."""

    account_id: str
    newest_at: datetime
    has_snapshot: bool


def is_recorded(capture: StateManifest, account_id: str) -> bool:
    """Tell whether a capture of the account was made of Config's items."""
    return any(entry.get("what") == _RECORDED.format(account=account_id) for entry in capture.missing)


def caveats(account: Recorded, absent: list[str]) -> list[Missing]:
    """Return what a capture made of Config's items cannot tell (domain.md §5); *absent* are types without a resource."""
    account_id = account.account_id
    found = [
        Missing(
            _RECORDED.format(account=account_id),
            "what changed while the recorder was off, or between two periodic recordings, is unknown, and a change is "
            "recorded minutes after it; collect by API for the state itself",
        ),
        Missing(
            f"{account_id}: organization",
            "AWS Config does not record service and resource control policies: the limits they set are unknown unless "
            "another capture has them; collect with `--org`",
        ),
    ]
    if not account.has_snapshot:
        found.append(
            Missing(
                f"{account_id}: Config snapshot",
                "only changes were read: principals and policies that did not change are not in this state; "
                "ingest a snapshot (`aws configservice deliver-config-snapshot`)",
            )
        )
    if absent:
        found.append(
            Missing(
                f"{account_id}: {', '.join(absent)}",
                "AWS Config has no standing resource of it: there may be none, or the recorder leaves it out; "
                "let the recorder include global IAM resources, or collect by API",
            )
        )
    return found


def part_only(account: Recorded, last: StateManifest) -> Mapping[str, str]:
    """Say why changes alone do not take the place of a whole capture."""
    return {
        "what": f"{account.account_id}: changes recorded by AWS Config up to {iso(account.newest_at)}",
        "why": f"without a snapshot they are a part of the account, and the capture of {last.captured_at} is all of it: "
        "ingest a snapshot (`aws configservice deliver-config-snapshot`), or collect by API",
    }


def nobody(account_id: str, capture: Capture) -> Mapping[str, str]:
    """Say why nothing is written of an account of which nobody stands."""
    reasons = "; ".join(f"{entry.what}: {entry.why}" for entry in capture.missing if entry.what.startswith("file "))
    return {
        "what": _RECORDED.format(account=account_id),
        "why": "none of its users, groups and roles stands or could be read, so nothing was written: "
        f"{reasons or 'ingest a snapshot'}",
    }
