"""The state files: what a person would export with the AWS CLI, and what `collect --export` adds (design.md §4)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from iamaudit.world.account_files import password_policy, policy_tags, summary, virtual_mfa_devices
from iamaudit.world.authorization_details import Details
from iamaudit.world.credential_report import credential_report_files
from iamaudit.world.identity_center import identity_center_file
from iamaudit.world.organisation import Organisation
from iamaudit.world.organization_file import organization_file
from iamaudit.world.trails import trail_files
from iamaudit.world.truth import Truth

# What the AWS CLI prints instead of a policy, redirected into the file by a careful user (domain.md §6).
NO_SUCH_POLICY = (
    "An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: "
    "The Password Policy with domain name is not found.\n"
)


def write_state(directory: Path, organisation: Organisation, truth: Truth, captured_at: datetime) -> int:
    """Write every state file into *directory* and return how many there are."""
    files: dict[str, str] = {}
    for account in organisation.accounts:
        cast = organisation.casts[account.id]
        details = Details(account, cast, truth, captured_at)
        files[f"authorization-details-{account.id}.json"] = _text(details.as_json())
        files |= credential_report_files(account, cast.users, truth, captured_at)
        files[f"account-summary-{account.id}.json"] = _text(summary(account, cast))
        files[f"password-policy-{account.id}.json"] = (
            _text(password_policy(account)) if account.has_password_policy else NO_SUCH_POLICY
        )
        files[f"virtual-mfa-devices-{account.id}.json"] = _text(virtual_mfa_devices(account, cast, captured_at))
        files[f"tags-{account.id}.json"] = _text(policy_tags(account, cast))
    center = identity_center_file(organisation)
    if center is not None:
        files["identity-center.json"] = _text(center)
    files["organization.json"] = _text(organization_file(organisation))
    files |= {name: _text(value) for name, value in trail_files(organisation, captured_at).items()}
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return len(files)


def _text(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"
