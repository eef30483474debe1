"""The credential report: CSV, or JSON with the CSV as base64, as the AWS CLI prints it (domain.md §6)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Final

from iamaudit.world.accounts import Account
from iamaudit.world.moments import iso
from iamaudit.world.nouns import Key, Password, User
from iamaudit.world.truth import Truth

_COLUMNS: Final = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
_NO_CERTIFICATES: Final = ("false", "N/A", "false", "N/A")
_NO_KEY: Final = ("false", "N/A", "N/A", "N/A", "N/A")


def credential_report_files(
    account: Account, users: tuple[User, ...], truth: Truth, captured_at: datetime
) -> dict[str, str]:
    """Return the report of *account* as {file name: text}."""
    rows = [
        _COLUMNS,
        ",".join(_root(account, truth, captured_at)),
        *(",".join(_user(user, truth, captured_at)) for user in users),
    ]
    text = "\n".join(rows)
    name = f"credential-report-{account.id}"
    if not account.report_as_json:
        return {f"{name}.csv": text + "\n"}
    content = {
        "Content": base64.b64encode(text.encode()).decode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": iso(captured_at),
    }
    return {f"{name}.json": json.dumps(content, indent=4) + "\n"}


def _root(account: Account, truth: Truth, captured_at: datetime) -> tuple[str, ...]:
    arn = f"arn:aws:iam::{account.id}:root"
    created = iso(captured_at - timedelta(days=1500))
    used = truth.credentials.get((arn, "password"))
    last_used = _report_time(used.last) if used else iso(captured_at - timedelta(days=700))
    mfa = _boolean(account.root_has_mfa)
    return (
        "<root_account>",
        arn,
        created,
        "not_supported",
        last_used,
        "not_supported",
        "not_supported",
        mfa,
        *_NO_KEY,
        *_NO_KEY,
        *_NO_CERTIFICATES,
    )


def _user(user: User, truth: Truth, captured_at: datetime) -> tuple[str, ...]:
    created = iso(captured_at - timedelta(days=user.created_days))
    keys = [_key(user, slot, truth, captured_at) for slot in (1, 2)]
    password = _password(user.password, user, truth, captured_at)
    return (user.name, user.arn, created, *password, _boolean(user.has_mfa), *keys[0], *keys[1], *_NO_CERTIFICATES)


def _password(password: Password | None, user: User, truth: Truth, captured_at: datetime) -> tuple[str, str, str, str]:
    if password is None:
        return "false", "N/A", "N/A", "N/A"
    used = truth.credentials.get((user.arn, "password"))
    last_used = _last_used(used.last if used else "", password.last_used_days, captured_at) or "no_information"
    return "true", last_used, iso(captured_at - timedelta(days=password.changed_days)), "N/A"


def _key(user: User, slot: int, truth: Truth, captured_at: datetime) -> tuple[str, str, str, str, str]:
    if slot > len(user.keys):
        return _NO_KEY
    key: Key = user.keys[slot - 1]
    used = truth.credentials.get((user.arn, f"access_key_{slot}"))
    last_used = _last_used(used.last if used else "", key.last_used_days, captured_at)
    rotated = iso(captured_at - timedelta(days=key.created_days))
    if not last_used:
        return _boolean(key.active), rotated, "N/A", "N/A", "N/A"
    return _boolean(key.active), rotated, last_used, "eu-west-1", "sts"


def _last_used(stamp: str, days: int | None, captured_at: datetime) -> str:
    if stamp:
        return _report_time(stamp)
    return "" if days is None else iso(captured_at - timedelta(days=days))


def _report_time(stamp: str) -> str:
    return stamp.replace("Z", "+00:00")


def _boolean(value: object) -> str:
    return "true" if value else "false"
